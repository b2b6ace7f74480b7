"""What the desk says about a review."""

from __future__ import annotations

from rest_framework import serializers

from claims.serializers import PersonSerializer
from reviews.commenting import ANCHOR_FIELD_CHOICES
from reviews.models import Comment, Mention


class AnchorSerializer(serializers.ModelSerializer):
    """What it is about: a field, an item of evidence, or a text of an article; nothing here where it is the review as a whole. `start`
    and `end` count code points of the text as it stood when the comment was written, which has the `quote` there.
    """

    field = serializers.ChoiceField(choices=ANCHOR_FIELD_CHOICES, allow_blank=True)
    evidence = serializers.UUIDField(source="evidence_id", allow_null=True)
    article_version = serializers.UUIDField(source="article_version_id", allow_null=True)

    class Meta:
        model = Comment
        fields = ("field", "evidence", "article_version", "start", "end", "quote")


class MentionSerializer(serializers.ModelSerializer):
    id = serializers.UUIDField(source="user_id")
    username = serializers.CharField(source="user.username")

    class Meta:
        model = Mention
        fields = ("id", "username")


class CommentSerializer(serializers.ModelSerializer):
    review = serializers.UUIDField(source="review_id")
    author = PersonSerializer()
    reply_to = serializers.UUIDField(source="reply_to_id", allow_null=True, help_text="Another comment of the review.")
    anchor = AnchorSerializer(source="*")
    mentions = MentionSerializer(many=True, help_text="Who of the desk is named as `@username`.")

    class Meta:
        model = Comment
        fields = ("id", "review", "author", "text", "reply_to", "anchor", "mentions", "created_at")

"""What the desk says about a review. Insert-only: what was said stays said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length

from claims.models import ArticleVersion, Row
from reviews.commenting import ANCHOR_FIELD_CHOICES, ANCHOR_FIELDS
from reviews.models.evidence import Evidence
from reviews.models.review import Review


class Comment(Row):
    """About the review as a whole, or pinned to one thing: a field, an item of evidence, or a place in an article's text."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="comments", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    reply_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replies")
    field = models.CharField(max_length=24, choices=ANCHOR_FIELD_CHOICES, blank=True)
    evidence = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="+")
    article_version = models.ForeignKey(ArticleVersion, null=True, on_delete=models.PROTECT, related_name="+")
    start = models.PositiveIntegerField(null=True, help_text="In code points of the text as it stood then.")
    end = models.PositiveIntegerField(null=True)
    quote = models.TextField(blank=True, help_text="What stood there; empty once its article was withdrawn.")

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="comment_has_words"),
            models.CheckConstraint(condition=Q(field__in=["", *ANCHOR_FIELDS]), name="comment_field_known"),
            models.CheckConstraint(
                condition=Q(evidence__isnull=True, article_version__isnull=True)
                | Q(field="", evidence__isnull=True)
                | Q(field="", article_version__isnull=True),
                name="comment_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(start__isnull=True, end__isnull=True, quote="")
                | Q(start__isnull=False, end__isnull=False, end__gt=F("start"), end=F("start") + Length("quote"))
                | Q(start__isnull=False, end__isnull=False, article_version__isnull=False, quote=""),
                name="comment_span_is_whole",
            ),
            # A place stands in a text, and of an article only a place is meant.
            models.CheckConstraint(
                condition=Q(article_version__isnull=False, start__isnull=False)
                | (Q(article_version__isnull=True) & (Q(start__isnull=True) | ~Q(field=""))),
                name="comment_span_in_a_text",
            ),
        ]
        indexes = [models.Index(fields=["review", "id"], name="comment_of_review")]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"


class Mention(Row):
    """Somebody of the desk whom a comment names."""

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.comment_id}"

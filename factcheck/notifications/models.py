"""What people are told. Once written, nothing of it changes but that it was read: the database holds it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factcheck.ids import uuid7


class Notification(models.Model):
    """One sentence for one person about one change. Written by `notifications.telling` alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Its index is the one below.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=40, help_text="What it is about: review.")
    subject_id = models.UUIDField()
    cause_id = models.UUIDField(help_text="The event that it tells of, or a row that has none.")
    words = models.TextField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "cause_id"], name="notification_once"),
            models.CheckConstraint(condition=~Q(kind="") & ~Q(words=""), name="notification_says_something"),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notification_of_user"),
            models.Index(fields=["user", "id"], condition=Q(read_at__isnull=True), name="notification_unread"),
            models.Index(fields=["created_at"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        return self.words

"""What is public of a review. A revision never changes and never disappears."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Max, Q

from claims.models import Row
from reviews.models.outcome import Approval
from reviews.models.review import Review


class FactCheck(Row):
    """The public result of a review, whose address stays. What it says is its latest revision."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="fact_check")
    slug = models.CharField(max_length=120, help_text="The last part of its address; never changes.")
    changed_at = models.DateTimeField(
        help_text="When its last revision came. No two fact-checks changed at the same time."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug"], name="fact_check_slug_once")]
        indexes = [models.Index(F("changed_at"), F("id"), name="fact_check_by_change")]

    def __str__(self) -> str:
        return self.slug

    @classmethod
    def last_change(cls) -> datetime | None:
        """The moment up to which everything public is known: nothing is published at it or before any more."""
        last: datetime | None = cls.objects.aggregate(last=Max("changed_at"))["last"]
        return last


class FactCheckRevision(Row):
    """One numbered state of a fact-check, byte for byte. Insert-only; it is what an editor approved."""

    fact_check = models.ForeignKey(FactCheck, on_delete=models.PROTECT, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    content = models.TextField(help_text="All that is public of it, as canonical JSON.")
    digest = models.CharField(max_length=64, help_text="SHA-256 (hex) of the content.")
    changed = ArrayField(
        models.CharField(max_length=40),
        default=list,
        help_text="Members of the content that say something else than before.",
    )
    public_note = models.TextField(blank=True, help_text="Why it was changed, for readers.")
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="+")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["fact_check", "number"], name="revision_number_once"),
            models.CheckConstraint(
                condition=Q(number=1, changed=[], public_note="") | Q(number__gt=1) & ~Q(changed=[]),
                name="revision_says_what_it_changed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fact_check} revision {self.number}"

    @property
    def document(self) -> Any:
        """The content, read."""
        return orjson.loads(self.content)

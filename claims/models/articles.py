"""Articles as they were published, version by version."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Lower, Now

from claims.models.base import Row
from claims.withdrawal import REASON_CHOICES
from factcheck.audit.history import keeps_past


@keeps_past("name", "domain")
class Outlet(Row):
    """Who printed it."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="outlet_name_once")]

    def __str__(self) -> str:
        return self.name


@keeps_past(
    "outlet", "title", "byline", "language", "published_at", "withdrawn_at", erased={"title": "''", "byline": "''"}
)
class Article(Row):
    """One published text. Its identity is its canonical URL; without one, outlet and fingerprint of the first text.

    Of one that was withdrawn nothing is left that it said: no title, no text. It stays withdrawn.
    """

    canonical_url = models.TextField(blank=True)
    outlet = models.ForeignKey(Outlet, null=True, on_delete=models.PROTECT, related_name="articles", db_index=False)
    identity = models.CharField(
        max_length=64,
        help_text="SHA-256 (hex) of the canonical URL, or of the outlet and the first text's fingerprint.",
    )
    title = models.TextField(blank=True)
    byline = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47; empty when unknown.")
    published_at = models.DateTimeField(null=True, help_text="Null when unknown; never the time of the import.")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=20, choices=REASON_CHOICES, blank=True, db_default="", default="")
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Raised by every change of the row.")
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identity"], name="article_identity_once"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, title="", byline="") & ~Q(withdrawn_reason="")),
                name="article_withdrawn_says_nothing",
            ),
        ]
        indexes = [
            models.Index(F("published_at").desc(nulls_last=True), F("id").desc(), name="article_published"),
            models.Index(F("published_at"), F("id"), name="article_published_up"),
            models.Index(fields=["outlet", "-id"], name="article_outlet"),
            GinIndex(SearchVector("title", config="simple"), name="article_title_words"),
        ]

    def __str__(self) -> str:
        return self.title or self.canonical_url or ("[withdrawn]" if self.withdrawn_at else str(self.id))


class ArticleVersion(Row):
    """The text as it stood at one fetch. Never edited; empty once the article was withdrawn, while its hashes and its length stay."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(help_text="1 for the first text of an article.")
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64, help_text="Of the text as stored, in UTF-8; hex.")
    text_fingerprint = models.CharField(
        max_length=64, help_text="Of the normalised text: equal where only white space differs."
    )
    length = models.PositiveIntegerField(help_text="Unicode code points of the text.")
    fetched_at = models.DateTimeField()
    import_run = models.ForeignKey("ImportRun", null=True, on_delete=models.PROTECT, related_name="versions")

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_number_from_one"),
            models.CheckConstraint(
                condition=Q(length__gte=1) & (Q(length=Length("text")) | Q(text="")), name="version_text_present"
            ),
        ]
        indexes = [models.Index(fields=["text_fingerprint"], name="version_fingerprint")]

    def __str__(self) -> str:
        return f"{self.article_id} version {self.number}"

"""Taking an article out: wrongly imported, or not ours to keep. What that means says `claims.withdrawal`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from claims.models import (
    Appearance,
    Article,
    ArticleVersion,
    Claim,
    ClaimMatch,
    ExtractionRun,
    FailedRow,
    ImportRun,
    IndexedClaim,
)
from claims.models.claims import ERASED
from claims.pipeline.extracting import is_touched
from claims.pipeline.fetching import FETCH
from claims.pipeline.queueing import EXTRACT, MATCH
from claims.pipeline.runs import STATED
from claims.pipeline.standing import check_stands
from claims.pipeline.uploads import forget_files
from claims.triage import TriageStatus
from claims.withdrawal import ERASED_TEXT, Reason
from factcheck import answers, jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.past import past_model
from factcheck.audit.staleness import check_version
from factcheck.errors import FieldError, InvalidInput, NotFound


def withdraw_article(
    article_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Article:
    """Erase what the article says, everywhere, and keep that it was here, its hashes, and what people made of it. For good.

    Raises NotFound, StaleVersion (412), ArticleWithdrawn (409), InvalidInput (422) without a reason or its words. None leaves a trace.
    """
    if reason not in list(Reason):
        known = ", ".join(Reason)
        raise InvalidInput(
            errors=[FieldError("reason_needed", f"Give one of these reasons: {known}.", pointer="/reason")]
        )
    if not note.strip():
        raise InvalidInput(errors=[FieldError("note_needed", "Say in words why.", pointer="/note")])
    with transaction.atomic():
        # Whoever reads it, or writes a claim of it, has it locked or waits for this.
        article = Article.objects.select_for_update().filter(pk=article_id).first()
        if article is None:
            raise NotFound("There is no such article.")
        check_version(article, version)
        check_stands(article)
        versions = list(ArticleVersion.objects.select_for_update().filter(article=article).order_by("id").defer("text"))
        failed = _failed_rows(article, versions)
        article.title = article.byline = ""
        article.withdrawn_at = article.updated_at = timezone.now()
        article.withdrawn_reason, article.updated_by = str(reason), actor
        article.version += 1
        article.save(
            update_fields=["title", "byline", "withdrawn_at", "withdrawn_reason", "updated_at", "updated_by", "version"]
        )
        _erase_texts(article, versions)
        claims = _erase_claims(article, actor)
        _erase_leavings(article, versions, claims)
        gone = failed.delete()[0]
        hashes = {"versions": [[str(v.pk), v.text_sha256] for v in versions]}
        told = hashes | {"claims_erased": [str(pk) for pk in claims], "failed_rows_deleted": gone}
        events.record(article, "withdraw", actor=actor, reason=str(reason), note=note, data=told)
    return article


def _erase_texts(article: Article, versions: Collection[ArticleVersion]) -> None:
    ids = [version.pk for version in versions]
    ArticleVersion.objects.filter(pk__in=ids).update(text="")
    Appearance.objects.filter(article_version__in=ids).update(quotation="")
    past_model(Article).objects.filter(pgh_obj=article.pk).update(title="", byline="")
    past_model(Appearance).objects.filter(article_version__in=ids).update(quotation="", attribution=[])


def _erase_claims(article: Article, actor: User) -> list[UUID]:
    """Of claims that nobody has touched the words are the article's. Returns which those are."""
    # In the order in which people's verbs lock two of them.
    own = list(Claim.objects.select_for_update(no_key=True).filter(article=article).order_by("id"))
    ids = untouched(own)
    now = timezone.now()
    nothing: dict[str, Any] = {name: [] for name in ERASED} | {"text": ERASED_TEXT, "claimant": ""}
    Claim.objects.filter(pk__in=ids).update(
        **nothing, contributions=[], triage_status=TriageStatus.SUPERSEDED, revision=F("revision") + 1, version=F("version") + 1,
        updated_at=now, updated_by=actor,
    )  # fmt: skip
    past = past_model(Claim).objects.filter(article=article)
    past.filter(pgh_obj__in=ids).update(**nothing)
    # Of those that people put into words of their own, what an extractor had written before.
    unedited = past.exclude(pgh_obj__in=ids).filter(is_manual=False).exclude(edited_fields__contains=["text"])
    unedited.exclude(text=F("pgh_obj__text")).update(**nothing)
    Appearance.objects.filter(claim__in=ids).update(attribution=[])
    IndexedClaim.objects.filter(claim__in=ids).delete()
    matches = ClaimMatch.objects.filter(Q(claim__in=ids) | Q(other_claim__in=ids))
    matches.filter(decided_by=None).delete()
    matches.update(reasons=[], differences=[], version=F("version") + 1, updated_at=now)
    return ids


def untouched(own: Collection[Claim]) -> list[UUID]:
    """Of the claims of an article, those whose words are its own: nobody has worked on them."""
    targets = set(Claim.objects.filter(merged_into__in=own).values_list("merged_into", flat=True))
    return [claim.pk for claim in own if claim.pk not in targets and not is_touched(claim)]


def _erase_leavings(article: Article, versions: Collection[ArticleVersion], claims: Collection[UUID]) -> None:
    """What repeats it without being it: failures, answers that are kept to be repeated, what was said when it was asked for."""
    ids = [version.pk for version in versions]
    readings = ExtractionRun.objects.filter(version__in=ids)
    for reading in readings.exclude(error=None):
        reading.error = (reading.error or {}) | {"detail": "Of an article that was withdrawn."}
        reading.save(update_fields=["error"])
    runs = ImportRun.objects.filter(versions__in=ids, options__has_key=STATED).distinct()
    for run in runs:
        run.options[STATED] = {k: v for k, v in run.options[STATED].items() if k not in ("title", "byline")}
        run.save(update_fields=["options"])
    # A run that goes on lets go of its file by itself.
    forget_files(ImportRun.objects.filter(versions__in=ids).exclude(state=ImportRun.State.RUNNING).distinct())
    read = list(readings.values_list("pk", flat=True))
    fetched = [run.pk for run in runs]
    jobs.forget_failures({EXTRACT: read, MATCH: [*read, *claims], FETCH: fetched})
    answers.forget_about([article.pk, *ids, *claims])


# A row that failed has no identity: it is known by what it repeats.
SHORTEST_LINE, SHORTEST_TITLE = 60, 24  # characters: shorter ones stand over and in other articles too
MOST_LINES = 200


def _failed_rows(article: Article, versions: Collection[ArticleVersion]) -> QuerySet[FailedRow]:
    """The rows kept to be mended and fed back that are of this article, or repeat lines of it."""
    told = {str(article.pk), f'"{article.title}"'}
    for text in ArticleVersion.objects.filter(pk__in=[v.pk for v in versions]).values_list("text", flat=True):
        # As JSON writes it, a row holds whole what has no quotation marks, backslashes and tabs in it.
        lines = text.translate(dict.fromkeys(map(ord, '"\\\t'), "\n")).split("\n")[:MOST_LINES]
        told |= {line for line in lines if len(line) >= SHORTEST_LINE}
    # Whole, as JSON quotes it: another article's address may begin like this one's.
    found = Q(raw__contains=f'"{article.canonical_url}"') if article.canonical_url else Q(pk__in=[])
    for words in sorted(each for each in told if len(each) >= SHORTEST_TITLE):
        found |= Q(raw__contains=words) | Q(detail__contains=words)
    return FailedRow.objects.filter(found)

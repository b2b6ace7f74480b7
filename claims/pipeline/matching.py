"""From a claim or an earlier fact-check to what may be the same: encode, index, search, compare, write.

What is new is indexed and committed before anything is searched for: of two that are alike and arrive at once, one at least then sees the
other. A pair has one row, whichever of them was compared last. What a person has decided is never touched again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from claims.extraction.base import as_json
from claims.matching.decisions import LEADS_TO, UNDECIDED, MatchAction, MatchState, allowed
from claims.matching.encoding import ENCODER, encode
from claims.matching.guard import Statement, differences
from claims.matching.lexemes import configuration
from claims.matching.reasons import against, reasons
from claims.matching.thresholds import DEFAULT, Thresholds, learn, state_for
from claims.models import Claim, ClaimMatch, EarlierFactCheck, ExtractionRun, MatchingThresholds, OwnFactCheck
from claims.pipeline.queueing import GONE
from claims.pipeline.similar import CLAIMS, FACT_CHECKS, Hit, Index, as_vector, similar, similarities
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.audit.staleness import check_version
from factcheck.errors import ActionNotAllowed, NotFound
from factcheck.models import Job

MOST_MATCHES = 5  # of each kind: nobody reads more, and recall is measured at five
LOOKED_THROUGH = 20  # of the fused ranking, since some of it stands for another claim or is gone
MAX_TEXT_CHARS = 2_000  # of what is encoded and guarded; a claim is a sentence
ATTEMPTS = 3  # at comparing what people edit meanwhile


class MatchCounts(TypedDict):
    """What a comparison found: `suggested` and `linked` are the matches that are new or changed."""

    compared: int
    suggested: int
    linked: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared, as it was read: `revision` tells whether it has moved since."""

    id: UUID
    statement: Statement
    language: str
    revision: int
    index: Index


class _Moved(Exception):
    """Somebody edited a text while it was compared."""


def match(job: Job) -> None:
    """Do the job of a comparison. Repeated, it leaves what it left the first time. Raises jobs.LeaseLost."""
    thresholds = current_thresholds()
    for attempt in range(1, ATTEMPTS + 1):
        subjects = _subjects(job.subject_id)
        vectors = encode([subject.statement.text for subject in subjects])
        lexemes = _index(subjects, vectors)
        found = [
            (subject, index, _found(subject, index, vector, lexemes[subject.id]))
            for subject, vector in zip(subjects, vectors, strict=True)
            for index in (CLAIMS, FACT_CHECKS)
            if index is CLAIMS or subject.index is CLAIMS
        ]
        try:
            with jobs.finishing(job) as result:
                _hold(subjects)
                result |= _write(subjects, found, thresholds)
            return
        except _Moved:
            if attempt == ATTEMPTS:
                raise


def current_thresholds() -> Thresholds:
    """Those that were learned last, else the shipped ones."""
    row = MatchingThresholds.objects.order_by("-id").first()
    return Thresholds(row.suggest, row.link) if row else DEFAULT


def tune() -> tuple[MatchingThresholds, Thresholds]:
    """Learn the thresholds from what people confirmed and rejected. The new ones and those before. Raises TooFew."""
    decided = ClaimMatch.objects.order_by("id")
    confirmed = list(decided.filter(state=MatchState.CONFIRMED).values_list("similarity", flat=True))
    rejected = decided.filter(state=MatchState.REJECTED)
    told = list(rejected.values_list("similarity", flat=True))
    before = current_thresholds()
    unseen = rejected.filter(differences=[]).select_related("claim__article", "other_claim__article", "fact_check")
    # What the guard tells apart by now is no reason to link less.
    alone = [row.similarity for row in unseen if not differences(_statement(row.claim), _statement(_other(row)))]
    learned = learn(confirmed, told, alone)
    with transaction.atomic():
        row = MatchingThresholds.objects.create(
            suggest=learned.suggest, link=learned.link, confirmed=len(confirmed), rejected=len(told)
        )
        data = {"suggest": [before.suggest, learned.suggest], "link": [before.link, learned.link]}
        events.record(row, "tune", data=data | {"confirmed": len(confirmed), "rejected": len(told)})
    return row, before


def _other(row: ClaimMatch) -> Claim | EarlierFactCheck:
    other = row.other_claim or row.fact_check
    assert other is not None  # the database holds that one of them is there
    return other


# What is compared


def _subjects(subject_id: UUID) -> list[Subject]:
    """The claims of a reading that are not indexed as they stand, a claim, or an earlier fact-check."""
    claims = Claim.objects.select_related("article").exclude(triage_status__in=GONE).order_by("id")
    if run := ExtractionRun.objects.filter(pk=subject_id).values_list("version__article").first():
        as_it_stands = Q(indexed__revision=F("revision"), indexed__encoder=ENCODER)
        return [_of_claim(claim) for claim in claims.filter(article=run[0]).exclude(as_it_stands)]
    if fact_check := EarlierFactCheck.objects.filter(pk=subject_id, withdrawn_at=None).first():
        return [_of_fact_check(fact_check)]
    return [_of_claim(claim) for claim in claims.filter(pk=subject_id)]


def _of_claim(claim: Claim) -> Subject:
    return Subject(claim.pk, _statement(claim), claim.language, claim.revision, CLAIMS)


def _of_fact_check(row: EarlierFactCheck) -> Subject:
    return Subject(row.pk, _statement(row), row.language, row.version, FACT_CHECKS)


def _statement(row: Claim | EarlierFactCheck) -> Statement:
    if isinstance(row, EarlierFactCheck):
        # When it was checked is not when it was said: "last month" stays open.
        return Statement(row.claim_text[:MAX_TEXT_CHARS])
    published_at = row.article.published_at if row.article else None
    published_on = published_at.date() if published_at else None
    return Statement(row.text[:MAX_TEXT_CHARS], published_on, is_denied=row.modality == "denied")


_INDEX = """
    INSERT INTO {table} ({key}, vector, words, encoder, revision)
    SELECT id, vector::halfvec, to_tsvector(configuration::regconfig, text), %s, revision
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::int[]) AS said (id, vector, configuration, text, revision)
    ORDER BY id
    ON CONFLICT ({key}) DO UPDATE
    SET vector = EXCLUDED.vector, words = EXCLUDED.words, encoder = EXCLUDED.encoder, revision = EXCLUDED.revision
    WHERE ({table}.revision, {table}.encoder) <> (EXCLUDED.revision, EXCLUDED.encoder)
"""


def _index(subjects: Sequence[Subject], vectors: Any) -> dict[UUID, list[str]]:
    """Have them found from now on. Returns the lexemes of each."""
    lexemes: dict[UUID, list[str]] = {}
    for index in (CLAIMS, FACT_CHECKS):
        chosen = [(s, v) for s, v in zip(subjects, vectors, strict=True) if s.index is index]
        if not chosen:
            continue
        columns: list[list[Any]] = [
            [subject.id for subject, _ in chosen],
            [as_vector(vector) for _, vector in chosen],
            [configuration(subject.language) for subject, _ in chosen],
            [subject.statement.text for subject, _ in chosen],
            [subject.revision for subject, _ in chosen],
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_INDEX.format(table=index.table, key=index.key), [ENCODER, *columns])
            cursor.execute(
                f"SELECT {index.key}, tsvector_to_array(words) FROM {index.table} WHERE {index.key} = ANY(%s)",
                [columns[0]],
            )
            lexemes |= dict(cursor.fetchall())
    return lexemes


def _hold(subjects: Sequence[Subject]) -> None:
    """Lock them; raises _Moved when one is not what was compared any more."""
    ids = [subject.id for subject in subjects]
    held: dict[UUID, int] = {}
    claims = Claim.objects.filter(pk__in=ids).order_by("id")
    held |= dict(claims.select_for_update(no_key=True).values_list("pk", "revision"))
    checks = EarlierFactCheck.objects.filter(pk__in=ids).order_by("id")
    held |= dict(checks.select_for_update(no_key=True).values_list("pk", "version"))
    if any(held.get(subject.id) != subject.revision for subject in subjects):
        raise _Moved


# What is found


def _found(subject: Subject, index: Index, vector: Any, lexemes: Sequence[str]) -> list[Hit]:
    """The best, and whatever was offered before and nobody has decided: it may look different by now."""
    with transaction.atomic():
        hits = similar(index, vector, lexemes, itself=subject.id)[:LOOKED_THROUGH]
        before = _undecided(subject, index) - {hit.id for hit in hits}
        exact = similarities(index, vector, sorted(before)) if before else {}
    return hits + [Hit(key, similarity, None, 0.0) for key, similarity in sorted(exact.items())]


def _undecided(subject: Subject, index: Index) -> set[UUID]:
    rows = ClaimMatch.objects.filter(_of(subject), state__in=UNDECIDED)
    return {partner for row in rows if (partner := _partner(row, subject, index))}


def _of(subject: Subject) -> Q:
    if subject.index is FACT_CHECKS:
        return Q(fact_check=subject.id)
    return Q(claim=subject.id) | Q(other_claim=subject.id)


def _partner(row: ClaimMatch, subject: Subject, index: Index) -> UUID | None:
    if index is FACT_CHECKS:
        return row.fact_check_id
    if subject.index is FACT_CHECKS:
        return row.claim_id
    return (
        None if row.other_claim_id is None else row.claim_id if row.other_claim_id == subject.id else row.other_claim_id
    )


# What is written


def _write(
    subjects: Sequence[Subject], found: Iterable[tuple[Subject, Index, list[Hit]]], thresholds: Thresholds
) -> MatchCounts:
    counts: MatchCounts = {"compared": len(subjects), "suggested": 0, "linked": 0}
    own = _own(subjects)
    for subject, index, hits in found:
        told = []
        kept = 0
        partners = _partners(index, [hit.id for hit in hits])
        present = {
            partner: row
            for row in ClaimMatch.objects.select_for_update().filter(_of(subject)).order_by("id")
            if (partner := _partner(row, subject, index))
        }
        for hit in hits:
            row, other = present.get(hit.id), partners.get(hit.id)
            if row and row.state not in UNDECIDED:
                continue
            is_own = {(subject.id, hit.id), (hit.id, subject.id)} & own
            compared = _compare(subject, index, hit, other, thresholds) if other and not is_own else None
            if compared is None or (row is None and kept == MOST_MATCHES):
                if row:
                    row.delete()
                    told.append([str(hit.id), "gone"])
                continue
            kept += 1
            if state := _keep(row, compared):
                counts[state] += 1  # type: ignore[literal-required]
                told.append([str(hit.id), state])
        if told:
            subject_row: Any = Claim if subject.index is CLAIMS else EarlierFactCheck
            data = {"matches": len(told), "matches_sha256": digest(told)}
            events.record(subject_row.objects.get(pk=subject.id), "match", data=data)
    return counts


def _own(subjects: Sequence[Subject]) -> set[tuple[UUID, UUID]]:
    """Claims and the fact-checks of ours that came from them."""
    ids = [subject.id for subject in subjects]
    found = OwnFactCheck.objects.filter(Q(claim__in=ids) | Q(fact_check__in=ids))
    return set(found.values_list("claim_id", "fact_check_id"))


def _partners(index: Index, ids: Collection[UUID]) -> dict[UUID, Claim | EarlierFactCheck]:
    if index is FACT_CHECKS:
        return {row.pk: row for row in EarlierFactCheck.objects.filter(pk__in=ids, withdrawn_at=None)}
    claims = Claim.objects.select_related("article").filter(pk__in=ids).exclude(triage_status__in=GONE)
    return {row.pk: row for row in claims}


def _compare(
    subject: Subject, index: Index, hit: Hit, partner: Claim | EarlierFactCheck, thresholds: Thresholds
) -> ClaimMatch | None:
    """The match as it would be written, or None where the two have too little in common."""
    ours, theirs = subject.statement, _statement(partner)
    row = ClaimMatch(claim_id=subject.id)
    if index is FACT_CHECKS:
        row.fact_check_id = hit.id
    elif subject.index is FACT_CHECKS:
        row.claim_id, row.fact_check_id, ours, theirs = hit.id, subject.id, theirs, ours
    elif hit.id < subject.id:
        row.other_claim_id = hit.id
    else:
        row.claim_id, row.other_claim_id, ours, theirs = hit.id, subject.id, theirs, ours
    differing = differences(ours, theirs)
    # Of two texts that go on, nobody knows whether they differ behind what was read.
    is_cut = len(ours.text) == len(theirs.text) == MAX_TEXT_CHARS
    state = state_for(hit.similarity, differs=bool(differing) or is_cut, thresholds=thresholds)
    if state is None:
        return None
    similarity = min(hit.similarity, 1.0)  # vectors of half precision are a little longer or shorter than one
    row.state, row.similarity, row.text_rank, row.score = state, similarity, hit.text_rank, hit.score
    row.reasons = as_json(reasons(ours, theirs, similarity, hit.text_rank))
    row.differences = as_json(against(differing))
    return row


MEASURED = ("similarity", "text_rank", "score", "reasons", "differences", "state")


def _keep(row: ClaimMatch | None, compared: ClaimMatch) -> MatchState | None:
    """Write it. Returns its state where that is new."""
    if row is None:
        # Whoever compares the other one at this moment writes the same row.
        ClaimMatch.objects.bulk_create([compared], ignore_conflicts=True)
        return MatchState(compared.state)
    if all(getattr(row, name) == getattr(compared, name) for name in MEASURED if name != "score"):
        return None
    was = row.state
    for name in MEASURED:
        setattr(row, name, getattr(compared, name))
    row.version, row.updated_at, row.updated_by = row.version + 1, timezone.now(), None
    row.save(update_fields=[*MEASURED, "version", "updated_at", "updated_by"])
    return MatchState(row.state) if row.state != was else None


# What people say of it


def decide(
    match_id: UUID, action: MatchAction, *, actor: User, version: int | None = None, note: str = ""
) -> ClaimMatch:
    """Confirm a match or reject it; whoever has decided may think again.

    Raises NotFound, StaleVersion (412), ActionNotAllowed (409) where that was decided already. None leaves a trace.
    """
    with transaction.atomic():
        row = ClaimMatch.objects.select_for_update(no_key=True).filter(pk=match_id).first()
        if row is None:
            raise NotFound("There is no such match.")
        check_version(row, version)
        state = MatchState(row.state)
        if action not in allowed(state):
            told = [str(other) for other in allowed(state)]
            raise ActionNotAllowed(f"This match is {state} already.", allowed_actions=told)
        row.state, row.note = LEADS_TO[action], note
        row.decided_by = row.updated_by = actor
        row.decided_at = row.updated_at = timezone.now()
        row.version += 1
        row.save(update_fields=["state", "note", "decided_by", "decided_at", "version", "updated_at", "updated_by"])
        pair = {"claim": str(row.claim_id), "with": str(row.other_claim_id or row.fact_check_id)}
        events.record(row, action, actor=actor, note=note, data={"state": [state, row.state], **pair})
    return row

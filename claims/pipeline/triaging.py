"""The triage verbs: lock, ask the table, change, record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from claims.models import Appearance, Claim
from claims.pipeline.queueing import queue_match
from claims.pipeline.words import read_own_words
from claims.triage import BY_ACTION, MERGE_TARGETS, Reason, Risk, TriageAction, TriageStatus, allowed
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.audit.changes import State, changes, state_of
from factcheck.audit.staleness import check_version
from factcheck.errors import ActionNotAllowed, FieldError, InvalidInput, NotFound, Problem, StaleVersion

BOOKKEEPING = {"revision", "edited_fields"}  # follows from what else was changed

WORDS_OF_THE_TEXT = ("text", "quantities", "time_references")


def triage(
    claim_id: UUID,
    action: TriageAction,
    *,
    actor: User,
    version: int | None = None,
    reason: Reason | str = "",
    note: str = "",
    risk: Risk | str = "",
    into: UUID | None = None,
) -> Claim:
    """Take one action of the triage table, except `split`.

    `reason` is needed by reject, defer and merge (with reason `other` also a note), `into` by merge, `risk` is accept's, and falls
    with it: what is restored has the risk with which it waited.
    Raises NotFound, StaleVersion (412) when the claim moved since `version`, ActionNotAllowed (409) when the table has no such
    arrow from here, InvalidInput (422) when something is missing. None leaves a trace.
    """
    transition = BY_ACTION[action]
    with _unless_relied_on():
        claim, target = _lock(claim_id, into if action is TriageAction.MERGE else None)
        check_version(claim, version, BOOKKEEPING)
        check_arrow(claim, action)
        if action is TriageAction.MERGE:
            _check_target(claim, into, target)
        check_reason(transition.reasons, reason, note)
        before = state_of(claim)
        claim.triage_status = transition.to_status
        claim.triage_reason = reason if transition.reasons else ""
        claim.triage_note = note
        claim.merged_into = target
        if action is TriageAction.ACCEPT and risk:
            claim.risk = risk
        if action is TriageAction.RESTORE and before["triage_status"] == TriageStatus.ACCEPTED:
            claim.risk = _risk_before_accepted(claim)
        claim.triaged_by, claim.triaged_at = actor, timezone.now()
        save(claim, actor, action, before, reason=claim.triage_reason, note=note)
    return claim


def _risk_before_accepted(claim: Claim) -> str:
    accepted = events.events(claim).filter(action=TriageAction.ACCEPT).last()
    return str(accepted.data.get("risk", (claim.risk,))[0]) if accepted else claim.risk


class RefusedItem(TypedDict):
    """One item of what was refused as a whole: null is one that alone would have been taken."""

    id: UUID
    claim: None
    problem: NotFound | StaleVersion | ActionNotAllowed | InvalidInput | None


class BulkRefused(Problem):
    """`outcomes` has, in the order of the items, what each would have become: a claim or a problem."""

    code, status, title = "bulk_refused", 409, "Nothing was changed, because some items were refused"

    class Extra(TypedDict):
        results: list[RefusedItem]

    def __init__(self, outcomes: Sequence[Claim | Problem]) -> None:
        count = sum(isinstance(outcome, Problem) for outcome in outcomes)
        super().__init__(f"{count} of {len(outcomes)} items were refused, and all or none were asked for.")
        self.outcomes = outcomes


def triage_many(
    items: Sequence[tuple[UUID, int]], action: TriageAction, *, actor: User, is_atomic: bool = False, **details: Any
) -> list[Claim | Problem]:
    """Take one action on several claims, each at the version that the actor saw. `details` are those of `triage`.

    Returns what became of each, in the order of the items: the claim, or the problem with which `triage` refused it. Raises
    BulkRefused (409) instead, and changes nothing, when `is_atomic` and one was refused; InvalidInput (422) when all would be.
    """
    check_reason(BY_ACTION[action].reasons, details.get("reason", ""), details.get("note", ""))
    outcomes: dict[UUID, Claim | Problem] = {}
    with transaction.atomic():
        # All in one order first: two people who choose the same claims must not wait for each other.
        ids = {claim_id for claim_id, _ in items} | {into for into in (details.get("into"),) if into}
        list(Claim.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("id").values_list("pk"))
        for claim_id, version in items:
            try:
                outcomes[claim_id] = triage(claim_id, action, actor=actor, version=version, **details)
            except Problem as problem:
                outcomes[claim_id] = problem
        told = [outcomes[claim_id] for claim_id, _ in items]
        if is_atomic and any(isinstance(outcome, Problem) for outcome in told):
            raise BulkRefused(told)
    return told


def split(
    claim_id: UUID, texts: Sequence[str], *, actor: User, version: int | None = None, note: str = ""
) -> list[Claim]:
    """Two or more propositions of one claim as claims of their own: the first stays with it, each other is a new candidate
    that appears at the same places. Returns all, the old one first. Raises as `triage` does.
    """
    texts = [text.strip() for text in texts]
    if len(texts) < 2 or not all(texts) or len(set(texts)) < len(texts):
        raise InvalidInput(errors=[FieldError("too_few_texts", "Give two or more different texts.", pointer="/texts")])
    with transaction.atomic():
        claim, _ = _lock(claim_id)
        check_version(claim, version, BOOKKEEPING)
        check_arrow(claim, TriageAction.SPLIT)
        before = state_of(claim)
        appearances = list(claim.appearances.order_by("id"))
        parts = [_part(claim, text, actor) for text in texts[1:]]
        Claim.objects.bulk_create(parts)
        Appearance.objects.bulk_create(
            Appearance(
                claim=part,
                article_version_id=appearance.article_version_id,
                start=appearance.start,
                end=appearance.end,
                quotation=appearance.quotation,
                attribution=appearance.attribution,
                is_manual=True,
            )
            for part in parts
            for appearance in appearances
        )
        claim.text, claim.triage_note = texts[0], note
        read_own_words(claim)
        claim.revision += 1
        claim.edited_fields = sorted({*claim.edited_fields, "text"})
        claim.triaged_by, claim.triaged_at = actor, timezone.now()
        for part in parts:
            events.record(part, "create", actor=actor, data={"text": part.text, "split_from": str(claim.pk)})
        save(claim, actor, TriageAction.SPLIT, before, {"parts": [str(part.pk) for part in parts]}, note=note)
        for each in (claim, *parts):
            queue_match(each.pk)
    # What the database filled in (has_number, created_at) is part of the answer.
    return [claim, *Claim.objects.filter(pk__in=[part.pk for part in parts]).order_by("id")]


def _part(claim: Claim, text: str, actor: User) -> Claim:
    part = Claim(
        text=text,
        kind=claim.kind,
        modality=claim.modality,
        claimant=claim.claimant,
        language=claim.language,
        article_id=claim.article_id,
        risk=claim.risk,
        split_from=claim,
        is_manual=True,
        edited_fields=["text"],
        updated_by=actor,
    )
    read_own_words(part)
    return part


def _lock(claim_id: UUID, other_id: UUID | None = None) -> tuple[Claim, Claim | None]:
    # Both in one order: two people who merge two claims into each other must not wait for each other.
    ids = sorted({claim_id, other_id or claim_id})
    locked = {
        claim.pk: claim for claim in Claim.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("id")
    }
    if claim_id not in locked:
        raise NotFound("There is no such claim.")
    return locked[claim_id], locked.get(other_id) if other_id else None


def check_arrow(claim: Claim, action: TriageAction) -> None:
    if claim.triage_status not in BY_ACTION[action].from_statuses:
        raise ActionNotAllowed(
            f"A claim that is {claim.triage_status} cannot be given the action {action}.",
            allowed_actions=[str(other) for other in allowed(TriageStatus(claim.triage_status))],
        )


def _check_target(claim: Claim, into: UUID | None, target: Claim | None) -> None:
    code = ""
    if into is None:
        code, detail = "required", "Name the claim to merge into."
    elif target is None:
        code, detail = "unknown_claim", "There is no such claim."
    elif target.pk == claim.pk:
        code, detail = "same_claim", "A claim cannot be merged into itself."
    elif target.triage_status not in MERGE_TARGETS:
        code, detail = "target_closed", f"That claim is {target.triage_status}."
    if code:
        raise InvalidInput(errors=[FieldError(code, detail, pointer="/into")])


def check_reason(reasons: tuple[Reason, ...], reason: str, note: str) -> None:
    if reasons and reason not in reasons:
        known = ", ".join(reasons)
        raise InvalidInput(
            errors=[FieldError("reason_needed", f"Give one of these reasons: {known}.", pointer="/reason")]
        )
    if reasons and reason == Reason.OTHER and not note.strip():
        raise InvalidInput(errors=[FieldError("note_needed", "Say what the other reason is.", pointer="/note")])


def save(
    claim: Claim,
    actor: User,
    action: str,
    before: State,
    more: dict[str, Any] | None = None,
    *,
    reason: str = "",
    note: str = "",
) -> None:
    """Write what differs from `before`, and the event that tells it; of an extractor's words the event tells the hash alone."""
    changed = changes(before, claim)
    told = dict(changed)
    if "text" in changed and before["article_id"] and not before["is_manual"] and "text" not in before["edited_fields"]:
        # What an extractor wrote are the article's words, which may be withdrawn: no event can be unsaid.
        told |= {name: [digest(before[name]), changed[name][1]] for name in WORDS_OF_THE_TEXT if name in changed}
    claim.version, claim.updated_at, claim.updated_by = claim.version + 1, timezone.now(), actor
    claim.save(update_fields=[*changed, "triaged_by", "triaged_at", "version", "updated_at", "updated_by"])
    events.record(claim, action, actor=actor, reason=reason, note=note, data=told | (more or {}))


@contextmanager
def _unless_relied_on() -> Iterator[None]:
    """Who works on a claim is not known here; the database says by the name of its rule that somebody does."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != "claim_is_relied_on":
            raise
        raise ActionNotAllowed("A review of this claim is under way: close it first.") from error

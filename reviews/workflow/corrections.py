"""Readers' requests for a correction: taken in from anybody, handled by somebody who neither led nor approved what is said to be wrong."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.staleness import check_version
from factcheck.errors import ActionForbidden, FieldError, InvalidInput, NotFound
from factcheck.notifications.telling import Message, notify
from reviews import notices
from reviews.corrections import BY_ACTION, HANDLERS, TRANSITIONS, RequestAction, RequestFacts, RequestState
from reviews.models import CorrectionRequest, FactCheck, FactCheckRevision, Lead, Review
from reviews.reasons import DECLINE_REASONS, Reason
from reviews.words import has_words
from reviews.workflow.acting import ActionBlocked, Blocked, policy_of, told, visible_to
from reviews.workflow.people import has_conflict, is_at_work, people_of, roles_of

SECRET_PREFIX = "fc_request_"  # as of every secret of ours: the log hides what begins so


def requests_visible_to(user: User) -> QuerySet[CorrectionRequest]:
    """Those about what one's own desks have published; all of them for auditors and superusers."""
    return CorrectionRequest.objects.filter(review__in=visible_to(user))


def request_correction(fact_check_id: UUID, *, text: str, contact: str = "") -> tuple[CorrectionRequest, str]:
    """Take in what somebody says is wrong, whoever they are. Returns it with the secret of its status address, whose hash alone is kept.

    Raises InvalidInput (422) without words, or where there is no such fact-check.
    """
    if not has_words(text):
        raise InvalidInput(errors=[FieldError("required", "Say what is wrong.", pointer="/text")])
    secret = SECRET_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        fact_check = FactCheck.objects.select_related("review").filter(pk=fact_check_id).first()
        if fact_check is None:
            detail = "No fact-check of this id is published."
            raise InvalidInput(errors=[FieldError("unknown_fact_check", detail, pointer="/fact_check")])
        review, now = fact_check.review, timezone.now()
        policy = policy_of(review.policy_id)
        request = CorrectionRequest(
            review=review,
            fact_check=fact_check,
            revision=fact_check.revisions.latest("number"),
            text=text,
            contact=contact,
            secret_sha256=digest_of(secret),
            acknowledge_due_at=now + timedelta(days=policy.correction_ack_days),
            answer_due_at=now + timedelta(days=policy.correction_resolve_days),
            updated_at=now,
        )
        request.save(force_insert=True)
        about = {"fact_check": str(fact_check.pk), "revision": request.revision.number}
        data = about | {"text_sha256": sha256(text.encode()).hexdigest()}
        event = events.record(request, "receive", data=data)
        message = Message(notices.CORRECTION_REQUESTED, notices.say(notices.ASKED_TO_CORRECT, review.claim.text))
        notify(request, dict.fromkeys(able_handlers(request), message), cause=event.pk)
    return request, secret


def digest_of(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def request_of(secret: str) -> CorrectionRequest:
    """What its status address leads to. Raises NotFound."""
    request = CorrectionRequest.objects.filter(secret_sha256=digest_of(secret)).first()
    if request is None:
        raise NotFound("There is no such request.")
    return request


def acknowledge(request_id: UUID, *, actor: User, version: int | None = None) -> CorrectionRequest:
    """Look into it: whoever does is its handler."""
    with _acting(request_id, RequestAction.ACKNOWLEDGE, actor, version) as request:
        request.handler, request.acknowledged_at = actor, timezone.now()
    return request


def take_over_request(request_id: UUID, *, actor: User, version: int | None = None) -> CorrectionRequest:
    """Handle it from now on, in somebody's place."""
    with _acting(request_id, RequestAction.TAKE_OVER, actor, version) as request:
        request.handler = actor
    return request


def accept(request_id: UUID, *, actor: User, version: int | None = None) -> CorrectionRequest:
    """Something has to be corrected."""
    with _acting(request_id, RequestAction.ACCEPT, actor, version) as request:
        pass
    return request


def decline(
    request_id: UUID, *, reason: Reason | str, answer: str, actor: User, version: int | None = None
) -> CorrectionRequest:
    """Nothing has to be corrected, and why."""
    with _acting(request_id, RequestAction.DECLINE, actor, version, reason) as request:
        if reason not in DECLINE_REASONS:
            detail = f"Give one of these reasons: {', '.join(DECLINE_REASONS)}."
            raise InvalidInput(errors=[FieldError("reason_needed", detail, pointer="/reason")])
        _answer(request, answer)
    return request


def mark_duplicate(
    request_id: UUID, *, duplicate_of: UUID, answer: str, actor: User, version: int | None = None
) -> CorrectionRequest:
    """Another request about the same fact-check says the same."""
    with _acting(request_id, RequestAction.MARK_DUPLICATE, actor, version) as request:
        _alone_in_naming(request)  # or two could name each other, and nobody would be answered
        others = CorrectionRequest.objects.filter(fact_check=request.fact_check_id).exclude(pk=request.pk)
        request.duplicate_of = others.filter(pk=duplicate_of).first()
        if request.duplicate_of is None:
            detail = "No other request about this fact-check has this id."
            raise InvalidInput(errors=[FieldError("unknown_request", detail, pointer="/duplicate_of")])
        if request.pk in _repeated_by(request.duplicate_of):
            detail = "That one says the same as this: one of them has to be answered."
            raise InvalidInput(errors=[FieldError("duplicate_of_its_own", detail, pointer="/duplicate_of")])
        _answer(request, answer)
    return request


def resolve(request_id: UUID, *, answer: str, actor: User, version: int | None = None) -> CorrectionRequest:
    """Say what came of it."""
    with _acting(request_id, RequestAction.RESOLVE, actor, version) as request:
        _answer(request, answer)
        request.resolved_at = timezone.now()
    return request


# With a revision of the review, in its transaction and under its lock


def accept_for(review: Review, request_id: UUID, *, actor: User) -> None:
    """A revision is opened because of it, by its handler. One that is accepted already may be the reason too."""
    request = _lock(CorrectionRequest.objects.filter(review=review, pk=request_id))
    if request is None:
        detail = "No request about this fact-check has this id."
        raise InvalidInput(errors=[FieldError("unknown_request", detail, pointer="/correction_request")])
    if request.state != RequestState.ACCEPTED:
        check_may(request, RequestAction.ACCEPT, actor)
        before, request.state = request.state, RequestState.ACCEPTED
        _write(request, RequestAction.ACCEPT, actor, before)


def answer_requests(review: Review, answer: str, *, actor: User | None) -> dict[str, list[str]]:
    """What became of the revision resolves what it was opened for, and what says the same. Returns which, as the event tells it."""
    about = CorrectionRequest.objects.filter(review=review)
    repeats = dict(about.filter(state=RequestState.DUPLICATE).values_list("pk", "duplicate_of"))
    ids = set(about.filter(state=RequestState.ACCEPTED).values_list("pk", flat=True))
    # What repeats one that repeats another says the same.
    while more := {pk for pk, of in repeats.items() if of in ids} - ids:
        ids |= more
    locked = about.select_for_update(no_key=True).filter(pk__in=ids).order_by("id")
    # Its handler may have resolved one before the lock was ours.
    found = [request for request in locked if request.state in (RequestState.ACCEPTED, RequestState.DUPLICATE)]
    for request in found:
        before = request.state
        _answer(request, answer)
        request.state, request.resolved_at = RequestState.RESOLVED, timezone.now()
        _write(request, RequestAction.RESOLVE, actor, before)
    return {"requests": [str(request.pk) for request in found]} if found else {}


def _alone_in_naming(request: CorrectionRequest) -> None:
    """Until the end of this transaction no other request about the same fact-check becomes a duplicate."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"duplicates {request.fact_check_id}"])


def _repeated_by(request: CorrectionRequest) -> set[UUID]:
    """What this one is a duplicate of, and what that is."""
    found: set[UUID] = set()
    repeats: UUID | None = request.duplicate_of_id
    while repeats and repeats not in found:
        found.add(repeats)
        repeats = CorrectionRequest.objects.values_list("duplicate_of", flat=True).get(pk=repeats)
    return found


# What all of them share


@contextmanager
def _acting(
    request_id: UUID, action: RequestAction, actor: User, version: int | None, reason: str = ""
) -> Iterator[CorrectionRequest]:
    with transaction.atomic():
        request = _lock(requests_visible_to(actor).filter(pk=request_id))
        if request is None:
            raise NotFound("There is no such request.")
        check_version(request, version)
        check_may(request, action, actor)
        before, row = request.state, BY_ACTION[action]
        yield request
        request.state = row.to_state or request.state
        _write(request, action, actor, before, reason)


def _lock(requests: QuerySet[CorrectionRequest]) -> CorrectionRequest | None:
    return requests.select_for_update(no_key=True).first()


def check_may(request: CorrectionRequest, action: RequestAction, actor: User) -> None:
    """Raises ActionBlocked (409) and ActionForbidden (403)."""
    facts, row = facts_of_request(request, actor), BY_ACTION[action]
    if facts.state not in row.from_states:
        words = f"A request that is {facts.state} cannot be given the action {action}."
        raise _blocked(words, facts, [Blocked(code=f"state_is_{facts.state}", words=words)])
    # Who has a part in what is said to be wrong is told so first: nobody can make them its handler.
    if blockers := row.blocked_by(facts):
        raise _blocked(" ".join(b.words for b in blockers), facts, [told(blocker) for blocker in blockers])
    if lacking := row.lacks(facts):
        raise ActionForbidden(f"This is for: {row.who} ({', '.join(lacking)}).")


def _blocked(detail: str, facts: RequestFacts, blockers: list[Blocked]) -> ActionBlocked:
    may = [str(row.action) for row in TRANSITIONS if not why_not(row, facts)]
    return ActionBlocked(detail, allowed_actions=may, blocked_by=blockers)


def why_not(row: Any, facts: RequestFacts) -> list[Blocked]:
    """What keeps this person from it now; nothing where they may."""
    if facts.state not in row.from_states:
        return [Blocked(code=f"state_is_{facts.state}", words=f"It is {facts.state}.")]
    blockers = [Blocked(code=code, words=f"This is for: {row.who}.") for code in row.lacks(facts)]
    return blockers + [told(blocker) for blocker in row.blocked_by(facts)]


def facts_of_request(request: CorrectionRequest, actor: User) -> RequestFacts:
    return RequestFacts(
        state=RequestState(request.state),
        roles=roles_of(actor) if is_at_work(actor, request.review) else frozenset(),
        is_handler=request.handler_id == actor.pk,
        approved_it=actor.pk in _approvers(request),
        has_led_it=Lead.objects.filter(review=request.review_id, user=actor).exists(),
        is_conflicted=has_conflict(request.review, actor.pk),
    )


def _approvers(request: CorrectionRequest) -> set[UUID]:
    """Of what was public when it came, and of what is now."""
    revisions = FactCheckRevision.objects.filter(fact_check=request.fact_check_id).order_by("-number")
    latest = revisions.values("pk")[:1]
    about = revisions.filter(Q(pk=request.revision_id) | Q(pk__in=latest))
    return set(about.order_by().values_list("approval__approver", flat=True))


def able_handlers(request: CorrectionRequest) -> list[UUID]:
    """Who of the desk may handle it: those with the role for it, and where nobody has it the editors."""
    present = people_of(request.review)
    led = set(Lead.objects.filter(review=request.review_id).values_list("user", flat=True))
    free = [p for p in present if not p.is_conflicted and UUID(p.id) not in led | _approvers(request)]
    able = [p for p in free if p.roles & HANDLERS]
    return [UUID(p.id) for p in ([p for p in able if "corrections" in p.roles] or able)]


def _answer(request: CorrectionRequest, answer: str) -> None:
    if not has_words(answer):
        raise InvalidInput(errors=[FieldError("required", "Say what whoever asked is to be told.", pointer="/answer")])
    request.answer = f"{request.answer}\n\n{answer}" if request.answer else answer
    request.answered_at = request.answered_at or timezone.now()


def _write(
    request: CorrectionRequest, action: RequestAction, actor: User | None, before: str, reason: str = ""
) -> None:
    request.version, request.updated_at, request.updated_by = request.version + 1, timezone.now(), actor
    request.save(update_fields=[*CHANGED, "version", "updated_at", "updated_by"])
    # Never what was asked nor by whom: who asked may be told apart by it, and an event cannot be unsaid.
    told: dict[str, Any] = {"state": [before, request.state], "handler_id": str(request.handler_id)}
    if BY_ACTION[action].is_answer:
        told["answer_sha256"] = sha256(request.answer.encode()).hexdigest()
    if request.duplicate_of_id:
        told["duplicate_of"] = str(request.duplicate_of_id)
    events.record(request, action, actor=actor, reason=reason, data=told)


CHANGED = ("state", "handler", "answer", "duplicate_of", "acknowledged_at", "answered_at", "resolved_at")

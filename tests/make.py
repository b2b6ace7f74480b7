"""Data for tests, built with the real verbs: a test never starts from a state that the product cannot reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group

from claims import pipeline
from claims.models import Article, Claim, EarlierFactCheck
from claims.sources.base import ArticleDraft, BadRow, Place
from claims.sources.fact_checks import FactCheckDraft
from claims.sources.payload import draft_of_payload
from claims.triage import TriageAction
from factcheck.accounts.models import User
from factcheck.notifications.models import Notification
from factcheck.webhooks import endpoints
from reviews import workflow
from reviews.digests import DRAFT_FIELDS
from reviews.evidence import keep_upload, store
from reviews.facts import Stage
from reviews.models import (
    Decision,
    Desk,
    DeskMembership,
    Evidence,
    EvidenceSet,
    RatingScale,
    RatingScaleVersion,
    RetractionProposal,
    Review,
    ReviewPolicy,
    Seat,
)
from reviews.workflow import snapshots
from tests.comparing import work
from tests.remembering import remembered


def user(username: str, *roles: str, **fields: Any) -> User:
    """Somebody with these roles; the one of that name that is here already gets them too."""
    person = User.objects.filter(username=username).first() or User.objects.create_user(
        username, password="secret-1", **fields
    )
    person.groups.add(*Group.objects.filter(name__in=roles))
    assert set(roles) <= set(person.groups.values_list("name", flat=True)), f"unknown role among {roles}"
    return User.objects.get(pk=person.pk)


def draft(text: str, *, published_at: datetime | None = None, **fields: Any) -> ArticleDraft:
    if published_at:
        fields["published_at"] = published_at.isoformat()
    made = draft_of_payload({"text": text, **fields})
    assert not isinstance(made, BadRow), made
    return made


def article(text: str = "Prices doubled in a year, the bank said.", **fields: Any) -> Article:
    """An imported article with its extraction queued; fields as the API takes them (title, url, outlet, ...)."""
    outcome = pipeline.import_article(draft(text, **fields))
    return Article.objects.get(pk=outcome.article_id)


def claim(text: str = "Prices doubled in a year.", *, actor: User | None = None, **fields: Any) -> Claim:
    """A claim written by hand."""
    return pipeline.add_claim(actor=actor or user("ada", "importer", "triager"), text=text, **fields)


def fact_check(claim_text: str = "Rents in Dublin went up by 9 per cent.", **fields: Any) -> EarlierFactCheck:
    """Somebody else's, imported."""
    told = {"url": "https://checks.example/rents", "publisher": "Example Checks", "rating": "Mostly true"} | fields
    drafted = FactCheckDraft(place=Place("feed.jsonl", 1, 0), claim_text=claim_text, **told)
    run = pipeline.start_run("feed.jsonl", {"fact_checks": True})
    (outcome,) = pipeline.record_fact_checks([drafted], run)
    pipeline.finish_run(run)
    return EarlierFactCheck.objects.get(pk=outcome.article_id)


def match_rows(actor: User) -> dict[str, Any]:
    """Keys of one row of each kind that matching adds, by the first step of its addresses."""
    checked = fact_check()
    written = claim("Rents in Dublin rose by nine per cent.", actor=actor)
    work()
    return {"earlier-fact-checks": checked.pk, "matches": written.matches.get().pk}


# Reviews

SEEDS = settings.BASE_DIR / "seeds"


def desk(name: str = "Desk", *members: User, **numbers: Any) -> Desk:
    """A desk with these people; `numbers` are those of its policy (seats, min_origins, ...)."""
    scale, _ = RatingScale.objects.get_or_create(name="Truth")
    version, _ = RatingScaleVersion.objects.get_or_create(scale=scale, number=1, defaults={"points": POINTS})
    policy = ReviewPolicy.objects.create(name=f"{name} policy", **numbers)
    made = Desk.objects.create(
        name=name, publisher_name="Example Desk", publisher_url="https://desk.example/", policy=policy, scale=version
    )
    for member in members:
        DeskMembership.objects.create(desk=made, user=member)
    return made


POINTS = [
    {"code": "false", "label": "False", "rank": 1, "polarity": -1},
    {"code": "mixed", "label": "Half true", "rank": 2, "polarity": 0},
    {"code": "true", "label": "True", "rank": 3, "polarity": 1},
    {"code": "unverifiable", "label": "Cannot be known", "rank": None, "polarity": 0},
]
PUBLIC_REASON = "The tables that it rests on were of another year than the claim."
WHY = "The ministry's own tables say so, in both editions."


@dataclass(slots=True)
class Newsroom:
    """The cast of the tests at one desk: Ada triages, Finn leads, Ben, Cleo and Ivy review, Dana adjudicates, Emil and Gwen edit, Hal
    handles corrections.
    """

    desk: Desk
    ada: User
    finn: User
    ben: User
    cleo: User
    ivy: User
    dana: User
    emil: User
    gwen: User
    hal: User
    uma: User
    zoe: User

    def people(self) -> dict[str, User]:
        """The cast by name, and Root, a superuser without any part in a review."""
        cast = {name: who for name in self.__dataclass_fields__ if isinstance(who := getattr(self, name), User)}
        return cast | {"root": user("root", is_superuser=True, is_staff=True)}

    def holders(self, review: Review) -> list[User]:
        """Who holds the seats of the present round, in their order."""
        seats = Seat.objects.filter(round__review=review, round__number=review.round_number, vacated_at=None)
        return [User.objects.get(pk=seat.holder_id) for seat in seats.order_by("number")]

    def vote(self, review: Review, who: User, rating: str = "false", **more: Any) -> Review:
        cites = [UUID(item["id"]) for item in EvidenceSet.objects.filter(review=review).latest("number").items]
        said = workflow.Judgement(rating, WHY, cites, "Archives of the ministry" if rating == "unverifiable" else "")
        return workflow.submit_verdict(review.pk, said, actor=who, **more)


@remembered
def newsroom(**numbers: Any) -> Newsroom:
    people = {
        "ada": ("importer", "triager"), "finn": ("researcher",), "ben": ("reviewer",), "cleo": ("reviewer",), "ivy": ("reviewer",),
        "dana": ("adjudicator",), "emil": ("editor",), "gwen": ("editor",), "hal": ("corrections",),
        "uma": ("auditor",),
    }  # fmt: skip
    cast = {name: user(name, *roles) for name, roles in people.items()}
    zoe = user("zoe", "researcher", "reviewer", "adjudicator", "editor", "triager")
    desk("Other desk", zoe)
    return Newsroom(desk("Desk", *cast.values(), **numbers), zoe=zoe, **cast)


@remembered
def review(room: Newsroom, stage: Stage = Stage.QUEUED, *, verdicts: Sequence[str] = (), **fields: Any) -> Review:
    """A review at this stage, taken there by the cast. `verdicts` are those of the last round, agreeing or not as the stage needs."""
    made = claim(fields.pop("text", "Prices doubled in a year."), actor=room.ada, **fields)
    pipeline.triage(made.pk, TriageAction.ACCEPT, actor=room.ada)
    found = workflow.open_review(made.pk, room.desk.pk, actor=room.ada)
    found = onwards(room, found, stage, verdicts)
    if stage is Stage.CLOSED:
        found = workflow.close(found.pk, reason="no_capacity", note="Nobody has the time.", actor=room.ada)
    found.refresh_from_db()
    assert found.stage == stage, found.stage
    return found


def onwards(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str] = ()) -> Review:
    """From where it stands to a stage that comes later."""
    for step in _STEPS[_REACHED[Stage(review.stage)] + 1 : _REACHED[stage] + 1]:
        review = step(room, review, stage, verdicts)
    return review


def evidence(
    room: Newsroom, review: Review, stance: str = "refutes", origin: str = "Ministry", **fields: Any
) -> Evidence:
    """An item that lacks nothing: with an exemption instead of a snapshot, unless it is given one."""
    item = {"title": "Tables", "quotation": "33,000", "locator": "page 3", "snapshot_exemption": "A paper archive."}
    return workflow.add_evidence(review.pk, item | {"stance": stance, "origin": origin} | fields, actor=room.finn)


def upload(
    room: Newsroom, review: Review, payload: bytes = b"33,000 people serve.", name: str = "tables.txt"
) -> Evidence:
    """An item of a file, with its snapshot."""
    captured = keep_upload(payload, name)
    fields = {"title": "Tables", "quotation": "33,000", "locator": "line 1", "stance": "context", "origin": "Library"}
    snapshot = snapshots.snapshot_of(captured, store(captured))
    return workflow.add_evidence(review.pk, fields, actor=room.finn, snapshot=snapshot)


def review_rows(room: Newsroom) -> dict[str, Any]:
    """Keys of one row of each kind that reviews add, by the first step of its addresses: a review in research with one item."""
    found = review(room, Stage.RESEARCH, text="Wages fell in a year.")
    public = review(room, Stage.PUBLISHED, text="Rents fell in a year.").fact_check.pk
    request, _ = workflow.request_correction(public, text="The table says otherwise.")
    return {
        "correction-requests": request.pk,
        "public": public, "fact-checks": public,
        "desks": room.desk.pk, "rating-scales": room.desk.scale.scale_id, "policies": room.desk.policy_id, "reviews": found.pk,
        "evidence": evidence(room, found).pk, "snapshots": upload(room, found).snapshot_id,
    }  # fmt: skip


def webhook_rows(room: Newsroom) -> dict[str, Any]:
    """Keys of an endpoint of the desk and of a delivery that waits, by the first step of their addresses."""
    keeper = user("keeper", "admin")
    DeskMembership.objects.get_or_create(desk=room.desk, user=keeper)
    endpoint, _ = endpoints.add_endpoint(
        "https://news.example/hook", ["claim.accepted", "review.opened"], desk_id=room.desk.pk, actor=keeper
    )
    delivery = endpoints.send_test(endpoint.pk, actor=keeper)
    return {"webhook-endpoints": endpoint.pk, "webhook-deliveries": delivery.pk}


def notification(room: Newsroom, review_id: UUID, who: User) -> UUID:
    """Somebody of the desk is named in a comment, and told so."""
    DeskMembership.objects.get_or_create(desk=room.desk, user=who)
    workflow.comment(review_id, f"Look, @{who.username}.", actor=room.finn)
    return Notification.objects.filter(user=who).latest("id").pk


def _take(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    return workflow.take(review.pk, actor=room.finn)


def _rate(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    evidence(room, review, "refutes", "Ministry")
    evidence(room, review, "supports", "Bank")
    return workflow.submit_for_rating(review.pk, actor=room.finn)


def _vote(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    holders = room.holders(review)
    agreeing = ["false"] * len(holders)
    differing = ["true", *agreeing[1:]]
    for who, rating in zip(holders, verdicts or (differing if stage in _DISPUTED else agreeing), strict=False):
        room.vote(review, who, rating)
    return Review.objects.get(pk=review.pk)


def _escalate(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    return workflow.escalate(review.pk, actor=room.emil) if stage is Stage.ADJUDICATION else review


def _submit(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    rating = Decision.objects.filter(review=review).latest("id").rating
    text = {name: f"The {name}." for name in DRAFT_FIELDS} | {"rating": rating}
    workflow.edit_draft(review.pk, text, actor=room.finn)
    workflow.waive_reply(
        review.pk, addressee="The ministry", reason="no_interests", note="Public tables.", actor=room.finn
    )
    return workflow.submit_draft(review.pk, actor=room.finn)


def _approve(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    return approve(room.emil, review)


def _doubt(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    return workflow.open_revision(review.pk, reason="unclear", note="A reader asks.", actor=room.hal)


def _retract(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    propose(room.emil, review)
    return workflow.retract(review.pk, actor=room.gwen)


def propose(editor: User, review: Review) -> RetractionProposal:
    """To retract it, for a reason that readers may be told."""
    return workflow.propose_retraction(review.pk, reason="error_found", note=PUBLIC_REASON, actor=editor)


def _publish(room: Newsroom, review: Review, stage: Stage, verdicts: Sequence[str]) -> Review:
    return workflow.publish(review.pk, actor=room.emil)


def approve(editor: User, review: Review) -> Review:
    """What an editor does who has just read it all."""
    decision = Decision.objects.filter(review=review).latest("id")
    seen = {"decision": decision.pk, "draft_digest": review.draft.digest, "evidence_digest": decision.evidence_digest}
    return workflow.approve(review.pk, actor=editor, **seen)


_DISPUTED = (Stage.DISCUSSION, Stage.ADJUDICATION)
_STEPS = (_take, _rate, _vote, _escalate, _submit, _approve, _publish, _doubt, _retract)
_REACHED = {
    Stage.QUEUED: -1, Stage.CLOSED: -1, Stage.RESEARCH: 0, Stage.RATING: 1, Stage.DISCUSSION: 2, Stage.ADJUDICATION: 3, Stage.DRAFTING: 2,
    Stage.COPY_EDIT: 4, Stage.APPROVED: 5, Stage.PUBLISHED: 6, Stage.UNDER_REVISION: 7,
    Stage.RETRACTED: 8,
}  # fmt: skip

"""What an editor publishes is what was approved: whole, as the first revision of a fact-check, in one transaction with its event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from unittest import mock

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from claims import pipeline
from claims.matching.decisions import UNDECIDED
from claims.models import ClaimMatch, EarlierFactCheck, OwnFactCheck
from claims.pipeline.fact_checks import preview_fact_checks
from claims.sources.base import Place
from claims.sources.fact_checks import FactCheckDraft
from factcheck.audit.models import AuditEvent
from factcheck.audit.verifying import verify
from factcheck.models import Job
from factcheck.notifications.models import Notification
from reviews import digests, publication, tasks, workflow
from reviews.facts import Stage
from reviews.models import Decision, Desk, Draft, FactCheck, FactCheckRevision, Review
from reviews.publication import documents
from reviews.stages import Action
from reviews.workflow import ActionBlocked, opening, publishing
from tests import make, reviewing
from tests.api import api, assert_problem
from tests.comparing import work

pytestmark = pytest.mark.django_db

TEXT = "Prices doubled in a year, the bank said."
SECRET = "not-for-the-public"


@pytest.fixture
def room():
    return make.newsroom()


def review_of_an_article(room, stage: Stage, text: str = TEXT, **fields) -> Review:
    """Its claim stands in an article, and its evidence has a page, a file, something confidential and something unreliable."""
    article = make.article(
        text,
        url="https://wire.example/a",
        outlet="Example Wire",
        published_at=datetime(2026, 10, 1, 23, 30, tzinfo=UTC),
    )
    version = article.versions.get()
    fields = {"text": text, "version_id": version.pk, "start": 0, "end": 24, "claimant": "The bank"} | fields
    review = make.review(room, Stage.RESEARCH, **fields)
    make.evidence(
        room, review, "refutes", "Ministry", url="https://ministry.example/t", publisher="Ministry", note=SECRET
    )
    make.evidence(room, review, "supports", "Bank", snapshot_exemption=SECRET)
    make.evidence(room, review, "context", SECRET, is_confidential=True)
    make.upload(room, review)
    make.evidence(room, review, "context", "A forger", quotation=SECRET)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(reviewing.at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    workflow.edit_draft(review.pk, {"headline": "Prices: the “doubling” of 7.2"}, actor=room.finn)
    if stage in (Stage.APPROVED, Stage.PUBLISHED):
        workflow.submit_draft(review.pk, actor=room.finn)
        make.approve(room.emil, reviewing.at(review))
    if stage is Stage.PUBLISHED:
        workflow.publish(review.pk, actor=room.gwen)
    return reviewing.at(review, stage)


def test_a_revision_is_all_that_is_public_in_one_spelling(room):
    now = datetime(2026, 11, 27, 15, 0, 0, 123456, tzinfo=UTC)
    review = review_of_an_article(room, Stage.APPROVED)
    with mock.patch.object(publishing.timezone, "now", return_value=now):
        workflow.publish(review.pk, actor=room.gwen)
    [revision] = FactCheckRevision.objects.all()
    slug = f"prices-the-doubling-of-7-2-{review.pk.hex[-12:]}"
    item = {"title": "Tables", "quotation": "33,000", "locator": "page 3", "publisher": "", "sha256": "", "url": ""}
    [upload] = review.evidence.filter(snapshot__isnull=False)
    assert json.loads(revision.content) == {
        "url": f"https://desk.example/fact-checks/{slug}",
        "language": "",
        "headline": "Prices: the “doubling” of 7.2",
        "summary": "The summary.",
        "body": "The body.",
        "claim": {
            "text": TEXT,
            "speaker": {"name": "The bank", "is_body": False, "same_as": []},
            "place": "Example Wire",
            "made_on": "2026-10-01",
            "appearances": ["https://wire.example/a"],
        },
        "rating": {"code": "false", "label": "False", "explanation": "The rating_explanation.", "rank": 1, "best": 3},
        "publisher": {"name": "Example Desk", "url": "https://desk.example/"},
        "sources": [
            item | {"stance": "refutes", "origin": "Ministry", "publisher": "Ministry", "url": "https://ministry.example/t"},
            item | {"stance": "supports", "origin": "Bank"},
            item | {"stance": "context", "origin": "Library", "locator": "line 1", "sha256": upload.snapshot.sha256},
            item | {"stance": "context", "origin": "A forger", "quotation": SECRET},
        ],
        "published_at": "2026-11-27T15:00:00Z",
        "modified_at": "2026-11-27T15:00:00Z",
        "corrections": [],
        "replies": [
            {"outcome": "not_asked", "addressee": "", "asked_at": "", "answered_at": "", "text": "", "reason": "unreachable"}
        ],
    }  # fmt: skip
    assert revision.content == documents.canonical(documents.read(revision.content))
    assert revision.digest == digests.revision_digest(revision.content)
    assert (revision.number, revision.changed, revision.public_note) == (1, [], "")
    assert (revision.published_by, revision.published_at) == (room.gwen, now)
    assert revision.approval == review.approvals.get()
    public = revision.fact_check
    assert (public.review_id, public.slug, public.changed_at) == (review.pk, slug, now)


def test_publishing_is_one_event_that_names_the_revision_by_its_digest(room):
    review = review_of_an_article(room, Stage.PUBLISHED)
    event = AuditEvent.objects.filter(subject_type="review", subject_id=review.pk).latest("number")
    revision = FactCheckRevision.objects.get()
    assert (event.action, event.actor_id) == ("publish", room.gwen.pk)
    assert event.data == {
        "stage": ["approved", "published"], "fact_check": str(revision.fact_check_id), "revision": 1, "digest": revision.digest,
    }  # fmt: skip


def test_evidence_that_is_unreliable_or_confidential_is_in_no_revision(room):
    review = review_of_an_article(room, Stage.DRAFTING)
    forged = review.evidence.get(origin="A forger")
    workflow.mark_unreliable(forged.pk, actor=room.finn, reason="forged", note="It is a forgery.")
    decision, draft = Decision.objects.latest("id"), Draft.objects.get()
    document = workflow.documents.document_of(reviewing.at(review), decision, draft, timezone.now())
    assert [source.origin for source in document.sources] == ["Ministry", "Bank", "Library"]
    assert SECRET not in documents.canonical(document)


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("Prices " + "x" * 293, "false"),
        ('He said "</script><script>alert(1)</script>" & left.', "true"),
        ("Nobody knows “this”.", "unverifiable"),
        ("Ціни зросли вдвічі за рік.", "mixed"),
    ],
)
def test_whatever_was_claimed_is_published_valid_in_both_profiles(room, text, rating):
    make.review(room, Stage.PUBLISHED, text=text, verdicts=(rating, rating))
    document = documents.read(FactCheckRevision.objects.get().content)
    assert (document.claim.text, document.rating.code) == (text, rating)
    assert document.claim.speaker is None
    assert document.rating.rank == {"false": 1, "mixed": 2, "true": 3, "unverifiable": None}[rating]
    found = [problem for problems in publication.check(document).values() for problem in problems]
    assert {problem.rule for problem in found} == ({"short"} if len(text) == 300 else set())
    assert all(problem.is_warning for problem in found)


def blockers(refusal) -> list[str]:
    return [blocker["code"] for blocker in refusal.value.extra["blocked_by"]]


def nothing_is_public(review: Review) -> bool:
    return reviewing.at(review).stage != Stage.PUBLISHED and not FactCheck.objects.exists()


@pytest.mark.parametrize("stage", [Stage.DRAFTING, Stage.APPROVED])
def test_what_readers_of_claim_review_would_refuse_is_neither_handed_in_nor_published(room, stage):
    review = make.review(room, stage)
    if stage is Stage.DRAFTING:
        reviewing.fill_in(room, review)
    Desk.objects.filter(pk=room.desk.pk).update(publisher_name="", publisher_url="")
    with pytest.raises(ActionBlocked) as refusal:
        workflow.submit_draft(review.pk, actor=room.finn) if stage is Stage.DRAFTING else workflow.publish(
            review.pk, actor=room.emil
        )
    assert blockers(refusal) == ["claim_review_invalid"]
    [words] = [blocker["words"] for blocker in refusal.value.extra["blocked_by"]]
    assert words == (
        "As ClaimReview it would be refused. url: Give the whole address of the page. (absolute); "
        "author.url: Give the whole address of the publisher. (absolute); "
        "@id: Give it an address of its own. (required); author.name: Name the publisher. (required); "
        "itemReviewed.@id: Give the claim an address of its own. (required)."
    )
    assert reviewing.at(review, stage)
    assert nothing_is_public(review)


def test_a_claim_that_was_edited_since_is_not_published(room):
    review = make.review(room, Stage.APPROVED)
    pipeline.edit_claim(review.claim_id, {"text": "Prices tripled."}, actor=room.ada)
    with pytest.raises(ActionBlocked) as refusal:
        workflow.publish(review.pk, actor=room.emil)
    assert blockers(refusal) == ["stale"]
    assert nothing_is_public(review)


def test_what_is_published_is_not_published_again(room):
    review = make.review(room, Stage.PUBLISHED)
    with pytest.raises(ActionBlocked) as refusal:
        workflow.publish(review.pk, actor=room.emil)
    assert blockers(refusal) == ["stage_is_published"]
    assert FactCheckRevision.objects.count() == 1


def test_no_two_fact_checks_change_at_the_same_time_whatever_the_clock_says(room, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(publishing.timezone, "now", lambda: now)
    for number in range(3):
        make.review(room, Stage.PUBLISHED, text=f"Rents in street {number} doubled.")
    changed = list(FactCheck.objects.order_by("id").values_list("changed_at", flat=True))
    assert changed == sorted(set(changed))
    assert changed[0] == now
    assert len(changed) == 3


# Over HTTP


def test_an_editor_publishes_and_sees_where(room):
    review = make.review(room, Stage.APPROVED)
    answer = api(room.gwen).post(f"/reviews/{review.pk}/publish")
    assert answer.status_code == 200, answer.content
    public = FactCheck.objects.get()
    shown = answer.json()
    assert (shown["stage"], shown["version"]) == ("published", review.version + 1)
    assert (shown["fact_check"]["id"], shown["fact_check"]["slug"]) == (str(public.pk), public.slug)
    assert shown["decision"]["rating"] == "false"
    assert shown["approval"]["approver"]["username"] == "emil"
    assert api(room.gwen).get(f"/reviews/{review.pk}").json() == shown


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("finn", 403, "insufficient_scope"), ("ben", 403, "insufficient_scope"), ("dana", 403, "insufficient_scope"), ("uma", 403, "insufficient_scope"), ("zoe", 404, "not_found")],
)  # fmt: skip
def test_nobody_but_an_editor_of_the_desk_publishes(room, who, status, code):
    review = make.review(room, Stage.APPROVED)
    answer = api(getattr(room, who)).post(f"/reviews/{review.pk}/publish", headers={"If-Match": f'"{review.version}"'})
    assert_problem(answer, status, code)
    assert nothing_is_public(review)
    assert not AuditEvent.objects.filter(action=Action.PUBLISH).exists()


def test_a_version_that_is_not_the_present_one_publishes_nothing(room):
    review = make.review(room, Stage.APPROVED)
    client = api(room.gwen)
    for tag, status, code in ((None, 428, "precondition_required"), (review.version - 1, 412, "stale_version")):
        client.looks_first = False
        answer = client.post(f"/reviews/{review.pk}/publish", headers={"If-Match": f'"{tag}"'} if tag else {})
        assert_problem(answer, status, code)
    assert nothing_is_public(review)


# At a time


def approved_for(room, publish_at: datetime, **fields) -> Review:
    review = make.review(room, Stage.COPY_EDIT, **fields)
    seen = {name: str(value) for name, value in reviewing.what_an_editor_sees(review).items()}
    answer = api(room.emil).post(f"/reviews/{review.pk}/approve", seen | {"publish_at": publish_at.isoformat()})
    assert answer.status_code == 200, answer.content
    assert datetime.fromisoformat(answer.json()["approval"]["publish_at"]) == publish_at
    return reviewing.at(review, Stage.APPROVED)


def later():
    """An hour has passed."""
    return mock.patch.object(publishing.timezone, "now", return_value=timezone.now() + timedelta(hours=1))


SOON = timedelta(minutes=30)


def test_what_is_approved_for_a_time_is_published_then_once_and_by_nobody_before(room):
    at = timezone.now() + SOON
    review = approved_for(room, at)
    problem = assert_problem(api(room.gwen).post(f"/reviews/{review.pk}/publish"), 409, "action_blocked")
    assert [blocker["code"] for blocker in problem["blocked_by"]] == ["not_due"]
    assert (publishing.queue_due(), publishing.publish_due(review.pk)) == (0, False)
    assert nothing_is_public(review)
    with later():
        assert [publishing.queue_due(), publishing.queue_due()] == [1, 1]
        [job] = [job for job in work() if job.kind == publishing.PUBLISH]
        assert job.result == {"published": True}
        assert (publishing.queue_due(), publishing.publish_due(review.pk)) == (0, False)
    revision = FactCheckRevision.objects.get()
    assert (revision.published_by, revision.published_at > at) == (None, True)
    event = AuditEvent.objects.filter(subject_id=review.pk).latest("number")
    assert (event.action, event.actor, event.origin) == ("publish", None, f"job {job.pk}")
    [told] = Notification.objects.filter(subject_id=review.pk, kind="published")
    assert (told.user, told.words) == (room.finn, f"This was published, since it was due: {review.claim.text}")


def test_once_it_is_due_an_editor_may_publish_it_too(room):
    review = approved_for(room, timezone.now() + SOON)
    with later():
        workflow.publish(review.pk, actor=room.gwen)
        assert (publishing.queue_due(), publishing.publish_due(review.pk)) == (0, False)
    assert FactCheckRevision.objects.get().published_by == room.gwen


def test_an_approval_that_was_taken_back_or_is_on_hold_is_not_published_when_it_was_due(room):
    held, taken_back = (approved_for(room, timezone.now() + SOON, text=text) for text in ("Rents fell.", "Wages fell."))
    workflow.hold(held.pk, actor=room.gwen, **reviewing.why(Action.HOLD))
    workflow.unapprove(taken_back.pk, actor=room.gwen, **reviewing.why(Action.UNAPPROVE))
    with later():
        assert publishing.queue_due() == 0
        assert [publishing.publish_due(review.pk) for review in (held, taken_back)] == [False, False]
    make.approve(room.gwen, reviewing.at(taken_back))
    with later():
        assert publishing.queue_due() == 0
    assert not FactCheckRevision.objects.exists()


def test_what_cannot_be_published_when_it_is_due_falls_back_and_says_why(room):
    review = approved_for(room, timezone.now() + SOON)
    Desk.objects.filter(pk=room.desk.pk).update(publisher_url="")
    with later():
        assert publishing.queue_due() == 1
        [job] = [job for job in work() if job.kind == publishing.PUBLISH]
    assert job.result == {"published": False}
    assert reviewing.at(review).stage == Stage.COPY_EDIT
    [fallen] = review.invalidations.filter(subject_type="approval")
    assert fallen.note.startswith("It was due. As ClaimReview it would be refused.")
    assert nothing_is_public(review)


def test_what_is_due_is_published_though_something_else_that_time_does_breaks(room, monkeypatch):
    review = approved_for(room, timezone.now() + SOON)
    monkeypatch.setattr(opening, "release_expired", lambda: 1 // 0)
    with later(), pytest.raises(ExceptionGroup):
        tasks.tend()
    assert Job.objects.filter(kind=publishing.PUBLISH, subject_id=review.pk).exists()


def test_a_time_is_one_to_come(room):
    review = make.review(room, Stage.COPY_EDIT)
    seen = {name: str(value) for name, value in reviewing.what_an_editor_sees(review).items()}
    past = {"publish_at": (timezone.now() - SOON).isoformat()}
    [error] = assert_problem(api(room.emil).post(f"/reviews/{review.pk}/approve", seen | past), 422, "invalid_input")[
        "errors"
    ]
    assert (error["code"], error["pointer"]) == ("in_the_past", "/publish_at")
    assert reviewing.at(review).stage == Stage.COPY_EDIT


# Matching knows of it


def test_what_is_published_is_offered_where_the_same_is_claimed_as_it_stands_and_until_it_is_retracted(room):
    review = make.review(room, Stage.PUBLISHED, text="Rents in Dublin went up by 9 per cent.")
    [known] = EarlierFactCheck.objects.all()
    document = documents.read(FactCheckRevision.objects.get().content)
    assert (known.url, known.publisher, known.claim_text, known.rating, known.import_run) == (
        document.url, "Example Desk", document.claim.text, "False", None,
    )  # fmt: skip
    other = make.claim("Rents in Dublin rose by nine per cent.", actor=room.ada)
    work()
    assert other.matches.get(fact_check=known).state in UNDECIDED
    assert not review.claim.matches.filter(fact_check=known).exists(), "offered to the claim that it came from"
    reviewing.DO[Action.OPEN_REVISION](room, review, room.hal)
    reviewing.DO[Action.REVERIFY](room, review, room.emil)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(reviewing.at(review)):
        room.vote(review, who, "true")
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    make.approve(room.gwen, reviewing.at(review))
    workflow.publish(review.pk, public_note="The tables were of 2023.", actor=room.emil)
    known.refresh_from_db()
    assert (known.rating, known.withdrawn_at) == ("True", None)
    work()
    make.propose(room.emil, review)
    workflow.retract(review.pk, actor=room.gwen)
    known.refresh_from_db()
    assert known.withdrawn_at is not None
    work()
    assert not other.matches.filter(fact_check=known).exists()
    again = make.claim("Rents in Dublin went up by nine per cent.", actor=room.ada)
    work()
    assert not again.matches.filter(fact_check=known).exists()


def test_what_was_published_before_matching_was_told_is_offered_to_its_own_claim_no_more_either(room):
    review = make.review(room, Stage.PUBLISHED, text="Rents in Dublin went up by 9 per cent.")
    [known] = EarlierFactCheck.objects.all()
    work()
    OwnFactCheck.objects.all().delete()
    ClaimMatch.objects.create(claim=review.claim, fact_check=known, similarity=1.0, score=1.0, state="linked")
    import_module("reviews.migrations.0041_where_ours_came_from").tell(apps, connection.schema_editor())
    assert OwnFactCheck.objects.get() == known.own
    assert known.own.claim == review.claim
    work()
    assert not known.matches.exists()


def test_what_a_feed_told_of_before_it_was_known_to_be_ours_is_offered_to_its_own_claim_no_more(db):
    url = "https://desk.example/fact-checks/a"
    known = make.fact_check("Rents rose by 9 per cent.", url=url)
    claim = make.claim("Rents rose by 9 per cent.")
    work()
    assert claim.matches.get().fact_check == known
    told = {"url": url, "publisher": "Example Desk", "rating": "False", "claim_text": known.claim_text}
    assert pipeline.record_fact_check(**told, claim_id=claim.pk) == known
    work()
    assert not claim.matches.exists()


def test_no_feed_that_is_imported_says_otherwise_of_what_was_published_here(db):
    """Aggregators go on telling what was retracted, and an importer may be told anything."""
    url = "https://desk.example/fact-checks/a"
    was_imported = make.fact_check("Rents rose by 9 per cent.", url=url)
    told = {"url": url, "publisher": "Example Desk", "rating": "False"}
    ours = pipeline.record_fact_check(claim_text="Rents rose by 9 per cent.", **told)
    assert (ours, ours.import_run) == (was_imported, None)
    standing = EarlierFactCheck.objects.filter(withdrawn_at=None)

    def imported(**fields) -> None:
        draft = FactCheckDraft(**{"url": url, "place": Place("feed.jsonl", 1, 0)} | fields)
        run = pipeline.start_run("feed.jsonl", {"fact_checks": True})
        [foreseen] = preview_fact_checks([draft], set())
        [outcome] = pipeline.record_fact_checks([draft], run)
        assert foreseen.status == outcome.status == "unchanged"
        assert outcome.article_id == ours.pk

    said = {"publisher": "Another", "rating": "True"}
    imported(is_withdrawn=True)
    imported(claim_text="Rents rose by 9 per cent.", **said)
    imported(claim_text="Rents fell.", **said)
    assert [row.rating for row in standing.all()] == ["False"]
    pipeline.withdraw_fact_check(url)
    imported(claim_text="Rents rose by 9 per cent.", **said)
    imported(claim_text="Rents fell.", **said)
    assert not standing.all().exists()


def test_where_the_claim_is_worded_anew_the_old_words_are_offered_no_more(db):
    told = {"url": "https://desk.example/fact-checks/a", "publisher": "Example Desk", "rating": "False"}
    old = pipeline.record_fact_check(claim_text="Rents rose by 9 per cent.", **told)
    new = pipeline.record_fact_check(claim_text="Rents rose by 19 per cent.", **told)
    assert pipeline.record_fact_check(claim_text="Rents rose by 19 per cent.", **told) == new
    standing = EarlierFactCheck.objects.filter(withdrawn_at=None)
    assert (list(standing), EarlierFactCheck.objects.count()) == ([new], 2)
    assert old.url == new.url
    pipeline.withdraw_fact_check("https://desk.example/fact-checks/a")
    assert not standing.all().exists()
    assert pipeline.record_fact_check(claim_text="Rents rose by 19 per cent.", **told).withdrawn_at is None
    assert list(verify()) == []

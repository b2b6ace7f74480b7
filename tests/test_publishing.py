"""What an editor publishes is what was approved: whole, as the first revision of a fact-check, in one transaction with its event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from unittest import mock

import pytest
from django.utils import timezone

from claims import pipeline
from factcheck.audit.models import AuditEvent
from reviews import digests, publication, workflow
from reviews.facts import Stage
from reviews.models import Decision, Desk, Draft, FactCheck, FactCheckRevision, Review
from reviews.publication import documents
from reviews.stages import Action
from reviews.workflow import ActionBlocked, publishing
from tests import make, reviewing
from tests.api import api, assert_problem

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
    workflow.edit_draft(review.pk, {"headline": "Prices: the “doubling”"}, actor=room.finn)
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
    slug = f"prices-the-doubling-{review.pk.hex[-12:]}"
    item = {"title": "Tables", "quotation": "33,000", "locator": "page 3", "publisher": "", "sha256": "", "url": ""}
    [upload] = review.evidence.filter(snapshot__isnull=False)
    assert json.loads(revision.content) == {
        "url": f"https://desk.example/fact-checks/{slug}",
        "language": "",
        "headline": "Prices: the “doubling”",
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

"""What anybody may read: published fact-checks and nothing else, every revision byte for byte, and each change once."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.apps import apps
from django.db import connection, models

from claims import pipeline
from claims.models import Claim
from factcheck.accounts.models import User
from reviews import publication, workflow
from reviews.facts import Stage
from reviews.models import FactCheck, FactCheckRevision, Review
from reviews.publication import documents
from reviews.stages import Action
from tests import make, reviewing
from tests.api import api, assert_problem, walk
from tests.reviewing import DO
from tests.test_architecture import MODULES, imports, is_under
from tests.test_every_operation import operations

pytestmark = pytest.mark.django_db

LIST = "/public/fact-checks"
PUBLIC = (Stage.PUBLISHED, Stage.UNDER_REVISION, Stage.RETRACTED)


@pytest.fixture
def room():
    return make.newsroom()


def published(room, text: str = "Prices doubled in a year.", **fields) -> FactCheck:
    return make.review(room, Stage.PUBLISHED, text=text, **fields).fact_check


def test_a_fact_check_is_shown_as_its_latest_revision_says_to_whoever_asks(room, anybody):
    public = published(room)
    revision = public.revisions.get()
    shown = anybody.get(f"{LIST}/{public.pk}")
    assert shown.status_code == 200
    assert shown.json() == {
        "id": str(public.pk),
        "slug": public.slug,
        "status": "published",
        "changed_at": f"{public.changed_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "retracted_at": None,
        "retraction_reason": None,
        "revision": 1,
        "digest": revision.digest,
        "content": json.loads(revision.content),
    }
    assert shown["Cache-Control"] == "public, no-cache"
    assert anybody.get(LIST).json() == {"results": [shown.json()], "next": None}
    # Whoever has signed in is shown the same, byte for byte.
    for path in (LIST, f"{LIST}/{public.pk}"):
        assert api(room.emil).get(path).content == anybody.get(path).content


@pytest.mark.parametrize("text", ["Prices.", 'He said "</script>" \\ \u2028 & “this” 🐟.', "Prices " + "x" * 293])
def test_a_revision_is_handed_out_byte_for_byte(room, anybody, text):
    public = published(room, text)
    stored = FactCheckRevision.objects.get()
    [listed] = anybody.get(f"{LIST}/{public.pk}/revisions").json()["results"]
    assert listed == {
        "number": 1, "kind": "first", "digest": stored.digest, "changed": [], "public_note": "",
        "published_at": f"{stored.published_at:%Y-%m-%dT%H:%M:%S.%fZ}",
    }  # fmt: skip
    answer = anybody.get(f"{LIST}/{public.pk}/revisions/1")
    assert answer["Content-Type"] == "application/json"
    assert answer.content == stored.content.encode()
    assert hashlib.sha256(answer.content).hexdigest() == listed["digest"]
    assert answer.json()["claim"]["text"] == text
    assert anybody.get(f"{LIST}/{public.pk}").json()["content"] == answer.json()


@pytest.mark.parametrize("rest", ["", "/{id}", "/{id}/revisions", "/{id}/revisions/1", "/{id}/claim-review"])
def test_whoever_holds_it_already_is_told_so(room, anybody, rest):
    path = LIST + rest.format(id=published(room).pk)
    first = anybody.get(path)
    again = anybody.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    published(room, "Rents doubled in a year.")
    after = anybody.get(path, headers={"If-None-Match": first["ETag"]})
    assert after.status_code == (200 if rest == "" else 304)


def test_whoever_asks_for_what_has_changed_since_sees_every_change_once(room, anybody):
    seen, since = [], ""
    for number in range(4):
        published(room, f"Rents in street {number} doubled.")
        if number == 1:
            continue  # two at once
        page = anybody.get(LIST, {"updated_since": since} if since else {}).json()["results"]
        seen += [item["id"] for item in page]
        since = page[-1]["changed_at"]
        assert anybody.get(LIST, {"updated_since": since}).json()["results"] == []
    assert seen == [str(pk) for pk in FactCheck.objects.order_by("id").values_list("pk", flat=True)]
    assert [item["id"] for page in walk(anybody, f"{LIST}?page_size=1") for item in page] == seen
    backwards = [item["id"] for page in walk(anybody, f"{LIST}?page_size=3&ordering=-changed_at") for item in page]
    assert backwards == seen[::-1]


@pytest.mark.parametrize("profile", [None, *publication.PROFILES])
def test_the_claim_review_of_a_fact_check_is_valid_and_that_of_the_profile(room, anybody, profile):
    public = published(room)
    answer = anybody.get(f"{LIST}/{public.pk}/claim-review", {"profile": profile} if profile else {})
    wanted = publication.PROFILES[profile or "schemaorg"]
    assert answer.json() == wanted.make(documents.read(FactCheckRevision.objects.get().content))
    assert publication.problems(answer.json(), wanted) == []


def test_what_is_not_asked_rightly_is_refused(room, anybody):
    public = published(room)
    for query, code in (("?profile=zebra", "invalid_parameter"), ("?zebra=1", "unknown_parameter")):
        assert_problem(anybody.get(f"{LIST}/{public.pk}/claim-review{query}"), 400, code)
    for rest in ("/zebra", f"/{public.review_id}", f"/{public.pk}/revisions/2", f"/{public.pk}/revisions/zebra"):
        assert_problem(anybody.get(LIST + rest), 404, "not_found")
    for rest in (
        f"/{public.pk}/revisions/{10**30}",
        f"/{public.review_id}/revisions",
        f"/{public.review_id}/revisions/1",
    ):
        assert_problem(anybody.get(LIST + rest), 404, "not_found")
    for method in ("post", "put", "patch", "delete"):
        for rest in ("", f"/{public.pk}", f"/{public.pk}/revisions/1"):
            answer = getattr(api(room.gwen), method)(LIST + rest)
            assert_problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in PUBLIC])
def test_nothing_is_public_of_a_review_that_is_not_published(room, anybody, stage):
    review = reviewing.full_review(room, stage)
    assert anybody.get(LIST).json() == {"results": [], "next": None}
    assert_problem(anybody.get(f"{LIST}/{review.pk}"), 404, "not_found")


# Nothing internal

MARK = "zebra-7"


def marked_review(room) -> Review:
    """Whatever somebody can write that is not for the public says so."""
    for who in room.people().values():
        User.objects.filter(pk=who.pk).update(
            username=f"{MARK}-{who.username}", email=f"{MARK}-{who.username}@desk.example"
        )
    note = f"It is a {MARK}."
    why = {"reason": "other", "note": note}
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review, "refutes", "Ministry", note=note)
    make.evidence(room, review, "supports", "Bank", snapshot_exemption=note)
    make.upload(room, review, name=f"{MARK}.txt")
    hidden = ("title", "origin", "publisher", "quotation", "locator", "url")
    secret = dict.fromkeys(hidden, note) | {"url": f"https://{MARK}.example/"}
    make.evidence(room, review, "context", is_confidential=True, **secret)
    bad = make.evidence(room, review, "context", note, quotation=note, title=note)
    workflow.mark_unreliable(bad.pk, actor=room.finn, **why)
    workflow.declare_search(review.pk, side="supports", queries=[note], places=note, actor=room.finn)
    asked = workflow.request_reply(review.pk, addressee=note, question=note, actor=room.finn)
    workflow.record_reply(review.pk, asked.pk, answer=note, actor=room.finn)
    workflow.comment(review.pk, note, actor=room.emil)
    workflow.declare_conflict(review.pk, actor=room.ivy, **why)
    workflow.submit_for_rating(review.pk, actor=room.finn, single_origin_reason=note)
    for who, rating in zip(room.holders(reviewing.at(review)), ("true", "false"), strict=True):
        said = reviewing.judgement(review, rating)
        workflow.submit_verdict(review.pk, workflow.Judgement(rating, note * 4, said.cites), actor=who)
    workflow.escalate(review.pk, actor=room.emil)
    answers = dict.fromkeys(reviewing.answers_to(reviewing.at(review), "false"), note)
    workflow.adjudicate(review.pk, rating="false", rationale=note * 4, answers=answers, actor=room.dana)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    workflow.send_back(review.pk, Stage.DRAFTING, actor=room.emil, **why)
    workflow.submit_draft(review.pk, actor=room.finn)
    make.approve(room.emil, reviewing.at(review))
    workflow.hold(review.pk, actor=room.gwen, **why)
    workflow.resume(review.pk, actor=room.gwen, **why)
    DO[Action.PUBLISH](room, review, room.gwen)
    pipeline.edit_claim(review.claim_id, {"claimant": note}, actor=room.ada)  # of which nothing is published yet
    return reviewing.at(review, Stage.PUBLISHED)


def kept_by(public: FactCheck) -> str:
    """The hash of the one copy that it rests on."""
    [kept] = {source["sha256"] for source in public.revisions.earliest("number").document["sources"]} - {""}
    return kept


def columns_with(mark: str) -> set[str]:
    """Tables of ours in which somebody wrote this."""
    kinds = [kind for app in ("claims", "reviews") for kind in apps.get_app_config(app).get_models()]
    found = set()
    for kind in kinds:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {kind._meta.db_table} row WHERE row::text LIKE %s", [f"%{mark}%"])
            if cursor.fetchone()[0]:
                found.add(kind.__name__)
    return found


def keys_of_the_desk() -> set[str]:
    """Ids of rows that are nobody's business outside: all but those of what is public."""
    kinds = [kind for app in ("claims", "reviews", "accounts") for kind in apps.get_app_config(app).get_models()]
    inner = [kind for kind in kinds if kind is not FactCheck and isinstance(kind._meta.pk, models.UUIDField)]
    return {str(pk) for kind in inner for pk in kind._base_manager.values_list("pk", flat=True)}


def test_nothing_that_the_desk_wrote_for_itself_and_no_key_of_its_rows_is_in_any_public_answer(room, anybody):
    review = marked_review(room)
    public = review.fact_check
    assert columns_with(MARK) >= {
        "Claim", "Comment", "ConflictOfInterest", "Decision", "Evidence", "EvidenceSet", "Invalidation", "ReplyRequest", "Review",
        "Search", "Verdict", "SealedVerdict",
    }  # fmt: skip
    _, secret = workflow.request_correction(public.pk, text=f"It is a {MARK}.", contact=f"{MARK}@reader.example")
    assert "CorrectionRequest" in columns_with(MARK)
    keys = keys_of_the_desk()
    assert {str(room.emil.pk), str(review.pk), str(review.claim_id), str(room.desk.pk)} <= keys
    asked = 0
    for path, _, _ in operations("get"):
        if not path.startswith("/api/v1/public/"):
            continue
        address = path.replace("{id}", str(public.pk)).replace("{parent}", str(public.pk)).replace("{number}", "1")
        address = address.replace("{secret}", secret).replace("{sha256}", kept_by(public))
        for query in ("", *(["?profile=insights"] if path.endswith("claim-review") else [])):
            answer = anybody.get(address + query)
            assert answer.status_code == 200, address
            told = answer.getvalue().decode() + str(answer.headers)
            assert MARK not in told, address
            assert not [key for key in keys if key in told or key.replace("-", "") in told], address
            asked += 1
    assert asked == 16


def test_what_the_public_is_shown_is_made_by_serializers_of_its_own():
    """None for the desk is imported, so that no member added there appears here."""
    ours = ("factcheck", "claims", "reviews")
    allowed = ("factcheck.api", "reviews.models", "reviews.publication")
    assert [
        each for each in imports("reviews.serializers.public") if is_under(each, *ours) and not is_under(each, *allowed)
    ] == []
    for views in ("reviews.views.public", "reviews.views.public_corrections"):
        of_views = [each for each in imports(views) if is_under(each, "reviews.serializers", "claims")]
        assert set(of_views) == {"reviews.serializers.public"}
    assert "reviews.serializers.public" in MODULES


def test_a_page_of_the_list_is_made_in_one_query(room, anybody, django_assert_num_queries):
    published(room)
    published(room, "Rents doubled in a year.")
    anybody.get(LIST)
    with django_assert_num_queries(1):
        assert len(anybody.get(LIST).json()["results"]) == 2
    assert Claim.objects.count() == 2

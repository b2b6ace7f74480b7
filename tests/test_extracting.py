"""A version is read once by each extractor version, whatever is repeated, and what people did survives every later reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from claims import extraction, pipeline
from claims.extraction.base import Candidate, Contribution, Document, Hop, Quantity, Span
from claims.models import Appearance, ArticleVersion, Claim, ExtractionRun
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.models import Job, JobState
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uncompared")]

TRIPLED = "Troop numbers tripled in a year."
FELL = "Exports fell by 40 per cent."
TEXT = f"{TRIPLED} Nobody knows why. {FELL}"


def candidate(document: Document, quotation: str, *, rank: int = 1, **changes: object) -> Candidate:
    start = document.text.index(quotation)
    values: dict[str, object] = {
        "text": quotation,
        "span": Span(start, start + len(quotation), quotation),
        "kind": "change",
        "check_worthiness": 0.5,
        "contributions": (Contribution("base", 0.0),),
        "rank_in_article": rank,
    }
    return Candidate(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Scripted:
    """Finds what the test tells it to find."""

    name: str = "scripted"
    version: str = "1"
    finds: Callable[[Document], list[Candidate]] = field(default=lambda document: [])

    def extract(self, document: Document) -> list[Candidate]:
        return self.finds(document)


@pytest.fixture
def scripted(monkeypatch) -> Scripted:
    extractor = Scripted(
        finds=lambda d: [candidate(d, q, rank=n) for n, q in enumerate((TRIPLED, FELL), 1) if q in d.text]
    )
    monkeypatch.setattr(extraction, "get", lambda name: extractor)
    return extractor


def read(version_id: object = None) -> ExtractionRun:
    """Ask for the newest version to be read, and read it."""
    version_id = version_id or ArticleVersion.objects.latest("number").pk
    run, job = pipeline.request_extraction(version_id)  # type: ignore[arg-type]
    if job:
        jobs.work("test")
        run.refresh_from_db()
    return run


def statuses() -> dict[str, str]:
    return dict(Claim.objects.values_list("text", "triage_status"))


def test_an_imported_article_is_read_by_its_job_and_gets_its_claims(scripted):
    article = make.article(TEXT)
    assert jobs.work("test") is True
    run = ExtractionRun.objects.get()
    assert (run.status, run.candidates, run.created_claims) == ("done", 2, 2)
    assert statuses() == {TRIPLED: "candidate", FELL: "candidate"}
    appearance = Appearance.objects.get(claim__text=FELL)
    assert TEXT[appearance.start : appearance.end] == appearance.quotation == FELL
    assert appearance.claim.article_id == article.pk
    job = Job.objects.get()
    assert (job.state, job.attempts, job.result["created_claims"]) == (JobState.DONE, 1, 2)


def test_a_repeated_job_leaves_one_set_of_claims(scripted):
    make.article(TEXT)
    job = jobs.lease("test")
    pipeline.extract_claims(job)
    again = jobs.enqueue("extract", job.subject_id)
    assert again.pk != job.pk
    assert jobs.work("test") is True
    again.refresh_from_db()
    assert (again.state, again.result) == (JobState.DONE, {"already_done": True})
    assert Claim.objects.count() == 2


def test_a_worker_that_lost_its_lease_writes_nothing(scripted):
    make.article(TEXT)
    slow = jobs.lease("slow")
    Job.objects.update(lease_until=timezone.now())
    jobs.sweep()
    quick = jobs.lease("quick")
    assert quick.pk == slow.pk
    with pytest.raises(jobs.LeaseLost):
        pipeline.extract_claims(slow)
    assert Claim.objects.count() == 0
    pipeline.extract_claims(quick)
    assert Claim.objects.count() == 2


def test_reading_again_with_the_same_extractor_version_answers_with_the_existing_run(scripted):
    make.article(TEXT)
    jobs.work("test")
    run, job = pipeline.request_extraction(ArticleVersion.objects.get().pk)
    assert (run.status, job) == ("done", None)
    assert ExtractionRun.objects.count() == 1


def test_the_same_assertion_twice_in_a_text_is_one_claim_with_two_appearances(scripted):
    text = f"{TRIPLED} So what? {TRIPLED}"
    second = text.rindex(TRIPLED)
    scripted.finds = lambda d: [
        candidate(d, TRIPLED),
        candidate(d, TRIPLED, rank=2, span=Span(second, second + len(TRIPLED), TRIPLED)),
    ]
    make.article(text)
    jobs.work("test")
    assert list(Claim.objects.get().appearances.values_list("start", flat=True)) == [0, second]
    scripted.version = "2"
    read()
    assert Claim.objects.get().appearances.count() == 2


def test_a_later_extractor_updates_what_nobody_touched_and_keeps_the_claim(scripted):
    make.article(TEXT)
    jobs.work("test")
    before = Claim.objects.get(text=TRIPLED)
    scripted.version = "2"
    wider = f"{TRIPLED} Nobody knows why."
    scripted.finds = lambda d: [
        candidate(
            d, wider, text="Troop numbers tripled.", check_worthiness=0.9, attribution=(Hop("Ada", "speaker", "said"),)
        )
    ]
    run = read()
    after = Claim.objects.get(pk=before.pk)
    assert (after.text, after.check_worthiness, after.revision) == ("Troop numbers tripled.", 0.9, before.revision + 1)
    appearance = after.appearances.get()
    assert (appearance.quotation, appearance.attribution[0]["name"]) == (wider, "Ada")
    assert (run.attached_claims, run.superseded_claims) == (1, 1)
    assert statuses()[FELL] == "superseded"


def test_a_claim_that_somebody_worked_on_keeps_its_words_and_takes_the_new_score(scripted):
    make.article(TEXT)
    jobs.work("test")
    ada = make.user("ada", "triager")
    tripled, fell = Claim.objects.get(text=TRIPLED), Claim.objects.get(text=FELL)
    pipeline.triage(tripled.pk, TriageAction.ACCEPT, actor=ada)
    pipeline.edit_claim(fell.pk, {"claimant": "the ministry"}, actor=ada)
    scripted.version = "2"
    scripted.finds = lambda d: [candidate(d, TRIPLED, text="Other words.", check_worthiness=0.7, claimant="Nobody")]
    read()
    tripled.refresh_from_db()
    fell.refresh_from_db()
    assert (tripled.text, tripled.claimant, tripled.check_worthiness) == (TRIPLED, "", 0.7)
    assert tripled.triage_status == "accepted"
    assert (fell.claimant, fell.triage_status) == ("the ministry", "candidate")


def test_a_changed_text_keeps_the_claims_it_still_makes_and_supersedes_the_others(scripted):
    make.article(TEXT, url="https://wire.example/a")
    jobs.work("test")
    kept = Claim.objects.get(text=FELL)
    make.article(f"Updated. {FELL}", url="https://wire.example/a")
    jobs.work("test")
    assert ArticleVersion.objects.count() == 2
    assert statuses() == {TRIPLED: "superseded", FELL: "candidate"}
    assert [a.article_version.number for a in kept.appearances.order_by("id")] == [1, 2]


def test_what_people_did_to_the_claims_of_an_older_version_survives_a_new_one(scripted):
    make.article(TEXT, url="https://wire.example/a")
    jobs.work("test")
    ada = make.user("ada", "triager")
    pipeline.triage(Claim.objects.get(text=TRIPLED).pk, TriageAction.ACCEPT, actor=ada)
    pipeline.triage(Claim.objects.get(text=FELL).pk, TriageAction.REJECT, actor=ada, reason="opinion")
    make.article(f"Only this is left: {FELL}", url="https://wire.example/a")
    jobs.work("test")
    assert statuses() == {TRIPLED: "accepted", FELL: "rejected"}
    assert Claim.objects.count() == 2


def test_a_claim_that_returns_is_a_candidate_again(scripted):
    for text in (TEXT, FELL, TEXT + " Again."):
        make.article(text, url="https://wire.example/a")
        jobs.work("test")
    assert statuses() == {TRIPLED: "candidate", FELL: "candidate"}


def test_a_version_read_late_supersedes_nothing_of_the_newer_one(scripted):
    make.article(TEXT, url="https://wire.example/a")
    make.article(f"New text. {FELL}", url="https://wire.example/a")
    old, _new = ArticleVersion.objects.order_by("number")
    Job.objects.filter(subject_id=old.extraction_runs.get().pk).update(
        due_at=timezone.now() + timezone.timedelta(hours=1)
    )
    jobs.work("test")
    Job.objects.update(due_at=timezone.now())
    jobs.work("test")
    assert statuses() == {FELL: "candidate", TRIPLED: "superseded"}


def test_two_propositions_of_one_sentence_stay_two_claims(scripted):
    def both(document: Document) -> list[Candidate]:
        return [candidate(document, TEXT, rank=n, text=text) for n, text in enumerate(("First.", "Second."), 1)]

    scripted.finds = both
    make.article(TEXT)
    jobs.work("test")
    first = Claim.objects.get(text="First.")
    scripted.version = "2"
    scripted.finds = lambda d: list(reversed(both(d)))
    read()
    assert Claim.objects.count() == 2
    assert Claim.objects.get(text="First.").pk == first.pk


def test_an_article_that_breaks_the_extractor_is_parked_with_its_error_after_three_attempts(scripted):
    def explode(document: Document) -> list[Candidate]:
        if "poison" in document.text:
            raise RuntimeError("cannot read this")
        return [candidate(document, TRIPLED)]

    scripted.finds = explode
    make.article("poison")
    make.article(TEXT)
    for _ in range(4):
        Job.objects.filter(state=JobState.QUEUED).update(due_at=timezone.now())
        jobs.work("test")
    poisoned = ExtractionRun.objects.get(version__text="poison")
    assert (poisoned.status, poisoned.error["code"], poisoned.error["attempt"]) == ("failed", "job_failed", 3)
    assert poisoned.error["detail"] == "RuntimeError: cannot read this"
    assert ExtractionRun.objects.get(version__text=TEXT).status == "done"
    assert jobs.work("test") is False


def test_a_failed_run_is_retried_in_its_row(scripted):
    good = scripted.finds

    def explode(document: Document) -> list[Candidate]:
        raise RuntimeError("not today")

    scripted.finds = explode
    make.article(TEXT)
    for _ in range(3):
        Job.objects.filter(state=JobState.QUEUED).update(due_at=timezone.now())
        jobs.work("test")
    assert ExtractionRun.objects.get().status == "failed"
    scripted.finds = good
    run = read()
    assert (run.status, run.error) == ("done", None)
    assert ExtractionRun.objects.count() == 1
    assert Claim.objects.count() == 2


def test_a_run_that_waited_through_a_deployment_is_read_by_the_new_extractor(scripted):
    make.article(TEXT)
    scripted.version = "2"
    jobs.work("test")
    jobs.work("test")
    old, new = ExtractionRun.objects.order_by("id")
    assert (old.status, old.error["code"]) == ("failed", "extractor_replaced")
    assert (new.status, new.extractor_version, new.created_claims) == ("done", "2", 2)


def test_spans_of_quantities_say_in_which_text_they_count(scripted):
    quantity = Quantity(Span(14, 21, "tripled"), "change", factor=3.0)
    scripted.finds = lambda d: [candidate(d, TRIPLED, quantities=(quantity,))]
    article = make.article(TEXT)
    jobs.work("test")
    version = article.versions.get()
    [found] = Claim.objects.get().quantities
    assert found["article_version"] == str(version.pk)
    assert version.text[found["span"]["start"] : found["span"]["end"]] == found["span"]["quotation"] == "tripled"


def test_a_claim_by_hand_has_the_numbers_of_its_own_words():
    ada = make.user("ada", "triager")
    claim = make.claim("The fair drew 45,000 visitors in 2024.", actor=ada)
    [found] = claim.quantities
    assert (found["value"], found["article_version"], claim.has_number) == (45000, None, True)
    assert (
        claim.text[found["span"]["start"] : found["span"]["end"]]
        == "45,000 visitors"[: len(found["span"]["quotation"])]
    )


def test_an_edit_of_the_words_reads_their_numbers_anew(scripted):
    scripted.finds = lambda d: [
        candidate(d, TRIPLED, quantities=(Quantity(Span(14, 21, "tripled"), "change", factor=3.0),))
    ]
    make.article(TEXT)
    jobs.work("test")
    ada = make.user("ada", "triager")
    claim = pipeline.edit_claim(Claim.objects.get().pk, {"text": "Nobody counted the troops."}, actor=ada)
    claim.refresh_from_db()
    assert (claim.quantities, claim.has_number) == ([], False)


def test_propositions_of_one_sentence_keep_their_claims_when_both_are_reworded_and_reranked(scripted):
    def found(*texts: str) -> None:
        scripted.finds = lambda d: [candidate(d, TEXT, rank=n, text=text) for n, text in enumerate(texts, 1)]

    found("Exports rose by 4 per cent in May.", "Imports fell by 9 per cent in May.")
    make.article(TEXT)
    jobs.work("test")
    exports, imports = Claim.objects.order_by("rank_in_article")
    pipeline.triage(imports.pk, TriageAction.ACCEPT, actor=make.user("ada", "triager"))
    scripted.version = "2"
    found("In May, imports fell by 9 per cent.", "In May, exports rose by 4 per cent.")
    read()
    exports.refresh_from_db()
    imports.refresh_from_db()
    assert exports.text == "In May, exports rose by 4 per cent."
    assert (imports.text, imports.rank_in_article) == ("Imports fell by 9 per cent in May.", 1)
    assert Claim.objects.count() == 2


def test_an_older_version_read_late_leaves_the_scores_of_the_newest_alone(scripted):
    make.article(TEXT, url="https://wire.example/a")
    make.article(f"New text. {FELL}", url="https://wire.example/a")
    old = ArticleVersion.objects.get(number=1)
    Job.objects.filter(subject_id=old.extraction_runs.get().pk).update(
        due_at=timezone.now() + timezone.timedelta(hours=1)
    )
    jobs.work("test")
    before = Claim.objects.values().get(text=FELL)
    scripted.finds = lambda d: [candidate(d, FELL, rank=7, check_worthiness=0.1)]
    Job.objects.update(due_at=timezone.now())
    jobs.work("test")
    assert Claim.objects.values().get(text=FELL) == before
    assert Appearance.objects.filter(claim__text=FELL).count() == 2


def test_a_claim_into_which_others_were_merged_is_not_taken_away(scripted):
    make.article(TEXT, url="https://wire.example/a")
    jobs.work("test")
    ada = make.user("ada", "triager")
    kept = Claim.objects.get(text=TRIPLED)
    pipeline.triage(Claim.objects.get(text=FELL).pk, TriageAction.MERGE, actor=ada, reason="duplicate", into=kept.pk)
    make.article("Nothing of it is left.", url="https://wire.example/a")
    jobs.work("test")
    assert statuses() == {TRIPLED: "candidate", FELL: "merged"}


def test_a_cancelled_reading_is_told_on_its_run_and_a_retried_one_waits_again(scripted):
    make.article(TEXT)
    ada, job = make.user("ada", "triager"), Job.objects.get()
    jobs.cancel(job.pk, actor=ada)
    run = ExtractionRun.objects.get()
    assert (run.status, run.error["code"]) == ("failed", "job_cancelled")
    jobs.retry(job.pk, actor=ada)
    run.refresh_from_db()
    assert run.status == "queued"
    jobs.work("test")
    run.refresh_from_db()
    assert (run.status, run.error) == ("done", None)

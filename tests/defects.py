"""Defects to seed: a harness that has never caught anything proves nothing.

Each is a patch of one named function, or takes away one trigger, and names the test that has to fail with it; product code holds no
switch for any. `DEFECT="a missing lock" python -m pytest -p tests.defects tests/test_triage_races.py` shows one at work; `make soak`
(tests/soak/test_soak_defects.py) seeds them all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import Any

import pytest

Make = Callable[[Any], Any]  # of the function that is there, the one that is put in its place


@dataclass(frozen=True, slots=True)
class Defect:
    """`place` is `module:name` of what `make` replaces, or `database` where `make` is a statement."""

    name: str
    place: str
    make: Make | str
    caught_by: str


# What is put in their place


def _without_a_lock(_: Any) -> Any:
    from claims.models import Claim

    def look(claim_id: Any, other_id: Any = None) -> Any:
        claims = Claim.objects.in_bulk([claim_id, other_id] if other_id else [claim_id])
        time.sleep(0.05)  # long enough for the other one to look too
        return claims[claim_id], claims.get(other_id)

    return look


def _as_if_nothing_was_withdrawn(leave: Any) -> Any:
    def blind(row: Any, have: Any, *rest: Any) -> Any:
        have.is_withdrawn = False
        return leave(row, have, *rest)

    return blind


def _without_skipping(due: Any) -> Any:
    from django.db.models import QuerySet

    class Unlocked(QuerySet):
        def select_for_update(self, *_: Any, **__: Any) -> Any:
            return self

    def unlocked(now: Any) -> Any:
        found = due(now)
        found.__class__ = Unlocked
        return found

    return unlocked


def _waits(_: Any) -> Any:
    return lambda *_, **__: time.sleep(0.1)


def _ends_first(_: Any) -> Any:
    from django.utils import timezone

    from factcheck.models import Job, JobState

    ended = {"state": JobState.DONE, "lease_id": None, "lease_until": None}

    @contextmanager
    def finishing(job: Any, result: Any = None) -> Iterator[Any]:
        Job.objects.filter(pk=job.pk).update(finished_at=timezone.now(), **ended)
        yield {} if result is None else result

    return finishing


def _without_events_of(left_out: str) -> Make:
    def put(record: Any) -> Any:
        from factcheck.audit.models import AuditEvent

        def unless_left_out(subject: Any, action: Any, *, saves: Any = (), **told: Any) -> Any:
            if str(action) != left_out:
                return record(subject, action, saves=saves, **told)
            subject.save(update_fields=[*saves])
            return AuditEvent(actor=told.get("actor"))  # which nobody wrote

        return unless_left_out

    return put


def _by_offset(_: Any) -> Any:
    offsets: dict[Any, int] = {}

    def page(self: Any, rows: Any) -> Any:
        offset = offsets[self.position[1]] if self.position else 0
        ordered = rows.order_by(*self.ordering.columns())[offset : offset + self.size + 1]
        for pk in list(ordered.values_list("pk", flat=True))[: self.size]:
            offset += 1
            offsets[pk] = offset
        return ordered

    return page


def _of_anybody(_: Any) -> Any:
    return lambda request, key: sha256(f"{request.path}\n{key}".encode()).hexdigest()


def _for_markup(said: Any) -> Any:
    from django.utils.safestring import mark_safe

    return lambda value: mark_safe(said(value))


def _lenient(_: Any) -> Any:
    from rest_framework.serializers import Serializer

    return Serializer.to_internal_value


def _of_django(_: Any) -> Any:
    from django.contrib.sessions.backends.db import SessionStore

    return SessionStore.cycle_key


def _in_the_table(put: Make) -> Make:
    """Of a guard of reviews: each row of the table holds its guards itself."""

    def put_in_the_table(guard: Any) -> Any:
        from reviews.stages import TRANSITIONS

        other = put(guard)
        for row in TRANSITIONS:
            object.__setattr__(row, "unless", tuple(other if each is guard else each for each in row.unless))
        return other

    return put_in_the_table


def _each_outlet_is_an_origin(guard: Any) -> Any:
    from reviews.facts import Facts

    def too_few_origins(facts: Facts) -> Any:
        items = [replace(item, origin=f"{item.origin} {number}") for number, item in enumerate(facts.evidence)]
        return guard(Facts(facts.stage, evidence=tuple(items), min_origins=facts.min_origins))

    return too_few_origins


def _reads_and_waits(_: Any) -> Any:
    from tests.racing import unlocked

    def look(review_id: Any, actor: Any) -> Any:
        review = unlocked(review_id, actor)
        time.sleep(0.05)  # long enough for the others to look too
        return review

    return look


def _each_verdict_counts(_: Any) -> Any:
    from reviews.sealed import SealedVerdict

    def verdicts_of(review: Any, round_: Any, seats: Any) -> Any:
        return SealedVerdict.objects.filter(seat__in=[seat.pk for seat in seats]).in_bulk()

    return verdicts_of


def _of_every_desk(_: Any) -> Any:
    from reviews.models import Review

    return lambda user: Review.objects.all()


def _all_but_the_first(found: Any) -> Any:
    return lambda review: found(review)[1:]


def _without_quotations(digest: Any) -> Any:
    return lambda items, searches: digest([item | {"quotation": ""} for item in items], searches)


def _sound(_: Any) -> Any:
    return lambda evidence_ids: set()


def _same_for_all(_: Any) -> Any:
    return lambda draft: "0" * 64


def _as_it_is(_: Any) -> Any:
    return lambda cell: cell


def _now(_: Any) -> Any:
    from reviews.workflow import publishing

    return lambda: publishing.timezone.now()


SEES_SEALED_VERDICTS = """
CREATE OR REPLACE VIEW reviews_openverdict AS
    SELECT id, created_at, seat_id, author_id, kind, rating, rationale, cites, searches, evidence_digest, claim_revision, scale_id, commitment, salt
    FROM reviews_verdict
"""


def _of_a_left_desk(_: Any) -> Any:
    from factcheck.notifications.models import Notification

    return lambda user: Notification.objects.filter(user=user)


def _who_have_voted(seat_holders: Any) -> Any:
    from reviews.sealed import SealedVerdict

    def voters(review: Any) -> Any:
        voted = SealedVerdict.objects.filter(seat__round__review=review).values_list("author", flat=True)
        return [pk for pk in seat_holders(review) if pk in set(voted)]

    return voters


def _read_only(_: Any) -> Any:
    from factcheck.accounts.models import User

    return lambda key: User.objects.get(pk=key)


def _without_a_look(cursor: Any) -> Any:
    from django.db import connection

    def unlooked() -> Any:
        connection.health_check_done = True
        return cursor()

    return unlooked


def _never(_: Any) -> Any:
    return lambda *_, **__: None


def _always(_: Any) -> Any:
    return lambda *_, **__: True


def _without_what_was_found(record: Any) -> Any:
    return lambda snapshot, outcome, detail="", found_sha256="": record(snapshot, outcome, detail)


DEFECTS = (
    Defect("a missing lock", "claims.pipeline.triaging:_lock", _without_a_lock,
        "test_triage_races.py::test_of_two_people_who_decide_at_once_one_wins"),
    Defect("a version that is not compared", "claims.pipeline.triaging:check_version", _never,
        "test_triage.py::test_an_action_on_a_claim_that_moved_since_it_was_seen_is_refused_with_who_moved_it"),
    Defect("a job leased twice", "factcheck.jobs:_due", _without_skipping,
        "test_jobs.py::test_no_job_is_leased_twice_by_workers_that_look_at_the_same_moment"),
    Defect("a desk that hears of another's reviews", "factcheck.webhooks.announcing:_listening",
        lambda asked: lambda name, desk_id, is_public: asked(name, None, is_public),
        "test_webhooks.py::test_a_desk_is_told_of_its_own_reviews_alone_and_the_installation_of_what_is_public"),
    Defect("an endpoint that outlives its owner's right", "factcheck.webhooks.readers:may_answer_for", _always,
        "test_webhooks.py::test_an_endpoint_is_told_nothing_once_its_owner_may_not_answer_for_it"),
    Defect("workers who take outgoing work together", "factcheck.jobs:_look_alone", _waits,
        "test_lanes.py::test_workers_that_look_at_the_same_moment_take_no_more_together"),
    Defect("a job that ends before its work", "factcheck.jobs:finishing", _ends_first,
        "test_jobs.py::test_effects_and_the_end_of_a_job_are_one_transaction"),
    Defect("a lost lease that is not noticed", "factcheck.jobs:_hold", _never,
        "test_jobs.py::test_a_cancelled_job_writes_nothing_although_it_runs"),
    Defect("a missing event", "factcheck.audit.events:record", _without_events_of("accept"),
        "test_triage.py::test_an_action_of_the_table_moves_the_claim_and_is_signed"),
    Defect("a record that can be written over", "database", "DROP TRIGGER event_is_final ON audit_auditevent",
        "test_audit.py::test_the_database_refuses_every_change_of_the_record"),
    Defect("pages by offset", "factcheck.api.pagination:KeysetPagination._page", _by_offset,
        "test_pagination.py::test_rows_inserted_during_a_walk_make_it_miss_and_repeat_none_of_the_others"),
    Defect("a key that counts for anybody", "factcheck.api.idempotency:scope_of", _of_anybody,
        "test_idempotency.py::test_another_caller_with_the_same_key_gets_an_answer_of_their_own"),
    Defect("a token that is remembered", "factcheck.accounts.tokens:find", cache,
        "test_token_races.py::test_after_the_commit_no_request_succeeds"),
    Defect("a right that is not asked for", "factcheck.accounts.permissions:must_meet", _never,
        "test_triage.py::test_who_may_not_triage_is_told_which_scope_is_missing_and_moves_nothing"),
    Defect("a session that lives on", "factcheck.accounts.sessions:SessionStore.cycle_key", _of_django,
        "test_session.py::test_a_request_under_way_does_not_bring_an_ended_session_back"),
    Defect("an account that is read before it is locked", "factcheck.accounts.people:locked", _read_only,
        "test_account_races.py::test_a_form_of_the_admin_brings_no_old_password_back"),
    Defect("a kept connection that nobody looks at", "factcheck.database.prepared:cursor", _without_a_look,
        "test_limits.py::test_a_kept_connection_that_was_cut_is_replaced_without_a_word"),
    Defect("guesses that are not counted", "factcheck.throttles:count_sign_in", _never,
        "test_session.py::test_after_five_wrong_passwords_the_right_one_is_refused_too"),
    Defect("members that are passed over", "factcheck.api.strict:StrictSerializer.to_internal_value", _lenient,
        "test_every_operation.py::test_an_unknown_member_is_refused_wherever_it_stands_and_nothing_moves"),
    Defect("bodies of any structure", "factcheck.api.parsers:_check_structure", _never,
        "test_errors.py::test_no_body_is_more_than_a_refusal"),
    Defect("markup that is not escaped", "factcheck.templatetags.desk:_said", _for_markup,
        "test_audit_pages.py::test_markup_in_an_event_is_text"),
    Defect("an address that is not looked at", "factcheck.fetch.targets:_refuse", _never,
        "test_fetch.py::test_a_redirect_leads_nowhere_that_the_address_itself_may_not"),
    Defect("a name that may lead inside", "factcheck.fetch.reaching:is_public", _always,
        "test_fetch.py::test_a_name_that_leads_inside_is_refused_and_no_connection_made"),

    # Reviews
    Defect("self-approval", "reviews.guards:involved", _in_the_table(_never),
        "test_review_rules.py::test_a_superuser_who_took_part_does_not_approve"),
    Defect("self-approval past the verbs", "database", "DROP TRIGGER approval_by_somebody_else ON reviews_approval",
        "test_review_lies.py::test_nobody_approves_who_took_part"),
    Defect("a review that is not locked", "reviews.workflow.acting:lock", _reads_and_waits,
        "test_review_races.py::test_of_people_who_meet_nobody_is_lost_and_nothing_is_done_twice"),
    Defect("last verdicts that are not locked", "reviews.workflow.rating:lock", _reads_and_waits,
        "test_review_races.py::test_of_people_who_meet_nobody_is_lost_and_nothing_is_done_twice"),
    Defect("an item of the queue given out twice", "reviews.workflow.opening:best_first", _without_skipping,
        "test_review_races.py::test_whoever_asks_the_queue_waits_for_nobody_who_is_taking"),
    Defect("an item stolen while its lease runs", "reviews.guards:lease_runs", _in_the_table(_never),
        "test_review_rules.py::test_a_lease_that_runs_is_ended_by_an_editor_with_a_reason_only"),
    Defect("an approval kept after an edit", "reviews.workflow.drafting:fall_back", _never,
        "test_review_rules.py::test_the_approval_of_a_claim_that_was_edited_falls_as_soon_as_the_beat_looks"),
    Defect("an approval of another text", "reviews.digests:draft_digest", _same_for_all,
        "test_review_rules.py::test_an_edited_draft_is_not_approved_by_whoever_read_it_before"),
    Defect("a person counted twice", "reviews.workflow.rating:verdicts_of", _each_verdict_counts,
        "test_review_rules.py::test_whoever_gives_a_fresh_verdict_still_counts_once"),
    Defect("a verdict that counts on unreliable evidence", "reviews.workflow.standing:unsound_of", _sound,
        "test_review_rules.py::test_a_verdict_on_what_has_changed_since_does_not_count_and_a_fresh_one_is_asked_for"),
    Defect("another desk's reviews", "reviews.workflow:visible_to", _of_every_desk,
        "test_reviews_access_api.py::test_to_another_desk_a_review_and_all_under_it_are_not_there"),
    Defect("a missing event of a review", "factcheck.audit.events:record", _without_events_of("hold"),
        "test_review_walk.py::test_whatever_people_ask_for_they_are_answered_as_they_were_told_and_what_must_hold_holds"),
    Defect("a review's version that is not compared", "reviews.workflow.acting:check_version", _never,
        "test_review_walk.py::test_whatever_people_ask_for_they_are_answered_as_they_were_told_and_what_must_hold_holds"),
    Defect("a seat's tag that is not compared", "reviews.workflow.rating:_check_tag", _never,
        "test_reviews_access_api.py::test_a_verdict_needs_the_tag_of_its_own_seat"),
    Defect("a seal that is none", "database", SEES_SEALED_VERDICTS,
        "test_blindness.py::test_no_address_tells_anybody_what_another_has_written_while_the_round_is_open"),
    Defect("a frozen set that misses an item", "reviews.workflow.evidence:evidence_in_use", _all_but_the_first,
        "test_reviews_api.py::test_a_round_that_lacks_evidence_goes_back_and_is_voted_on_anew"),
    Defect("a digest that leaves quotations out", "reviews.digests:evidence_digest", _without_quotations,
        "test_review_rules.py::test_the_digest_of_a_frozen_set_covers_every_member_of_its_items"),
    Defect("a verdict that can be written over", "database", "DROP TRIGGER row_is_final ON reviews_verdict",
        "test_review_lies.py::test_what_was_said_stays_said"),
    Defect("a published revision that can be written over", "database", "DROP TRIGGER row_is_final ON reviews_factcheckrevision",
        "test_review_lies.py::test_what_was_said_stays_said"),
    Defect("a revision that nobody approved", "database", "DROP TRIGGER revision_of_what_was_approved ON reviews_factcheckrevision",
        "test_review_lies.py::test_nothing_is_published_but_what_is_approved_now"),
    Defect("a retraction by its proposer", "reviews.guards:proposed_it", _in_the_table(_never),
        "test_revising.py::test_a_retraction_is_proposed_by_one_editor_and_decided_by_another"),
    Defect("a retraction by one person, past the verbs", "database",
        "ALTER TABLE reviews_retraction DROP CONSTRAINT retracted_by_somebody_else_than_proposed",
        "test_review_lies.py::test_a_fact_check_is_retracted_by_two_people_as_they_said_and_for_good"),
    Defect("an export that tells what was retracted", "database", "DROP TRIGGER no_element_of_what_was_retracted ON reviews_exportelement",
        "test_review_lies.py::test_a_fact_check_moves_and_exports_tell_of_it_only_as_its_rows_say"),
    Defect("a revision after a retraction", "database", "DROP TRIGGER revision_of_what_stands ON reviews_factcheckrevision",
        "test_review_lies.py::test_nothing_comes_after_a_retraction"),
    Defect("an edit that is published by who made it", "reviews.guards:own_edit", _in_the_table(_never),
        "test_revising.py::test_whoever_edited_does_not_publish_it_nor_does_whoever_took_part"),
    Defect("a small change that rates otherwise", "reviews.guards:rating_changed", _in_the_table(_never),
        "test_revising.py::test_a_small_change_changes_the_text_and_nothing_but_the_text"),
    Defect("a decision that was given up and counts", "reviews.workflow.revising:void_round", _never,
        "test_revising.py::test_a_verification_that_is_given_up_leaves_nothing_behind"),
    Defect("a publication before its time", "reviews.guards:not_due", _in_the_table(_never),
        "test_publishing.py::test_what_is_approved_for_a_time_is_published_then_once_and_by_nobody_before"),
    Defect("a publication that is due and not locked", "reviews.workflow.publishing:lock", _reads_and_waits,
        "test_publishing_races.py::test_of_workers_who_publish_what_is_due_one_does"),
    Defect("two fact-checks at the same moment", "reviews.workflow.publishing:_its_own_moment", _now,
        "test_publishing.py::test_no_two_fact_checks_change_at_the_same_time_whatever_the_clock_says"),
    Defect("a stage that goes anywhere", "database", "DROP TRIGGER review_moves_along_arrows ON reviews_review",
        "test_review_lies.py::test_a_stage_changes_along_arrows_only"),
    Defect("a move without an event", "database", "DROP TRIGGER review_moves_on_the_record ON reviews_review",
        "test_review_lies.py::test_a_move_without_an_event_is_refused_when_the_transaction_ends"),
    Defect("a conflict that still votes", "reviews.workflow.conflicts:_vacate_seat", _never,
        "test_review_rules.py::test_a_seat_holder_with_a_conflict_is_replaced_and_their_verdict_counts_no_more"),
    Defect("a conflict that keeps nobody out", "reviews.guards:conflicted", _in_the_table(_never),
        "test_review_rules.py::test_a_conflict_keeps_somebody_from_being_given_a_review"),
    Defect("an origin counted once for each outlet", "reviews.guards:too_few_origins", _in_the_table(_each_outlet_is_an_origin),
        "test_review_rules.py::test_three_outlets_with_one_origin_are_one_origin"),
    Defect("a formula in the export of verdicts", "factcheck.api.spreadsheets:harmless", _as_it_is,
        "test_statistics_api.py::test_a_rating_or_scale_that_looks_like_a_formula_is_text_in_the_export_and_counts_the_same"),
    Defect("a lead who is forgotten", "database", "DROP TRIGGER lead_is_kept ON reviews_review",
        "test_review_lies.py::test_whoever_leads_is_kept_whatever_gave_it_to_them"),
    Defect("an adjudicator who is forgotten", "database", "DROP TRIGGER adjudicator_is_kept ON reviews_review",
        "test_review_rules.py::test_an_adjudicator_who_asked_for_evidence_instead_does_not_approve_and_judges_again_only_where_nobody_else_can"),
    Defect("a conflicted author's text that is approved", "reviews.guards:author_conflicted", _in_the_table(_never),
        "test_review_rules.py::test_a_text_is_not_approved_once_its_author_keeps_out_until_somebody_else_has_written_it"),
    Defect("a text of the lead's that is approved", "database", "DROP TRIGGER approval_of_somebody_elses_text ON reviews_approval",
        "test_review_lies.py::test_where_the_lead_may_not_write_their_text_is_approved_by_nobody"),
    Defect("lost bytes that are kept", "database", "DROP TRIGGER keeping_of_news ON reviews_keeping",
        "test_review_lies.py::test_only_news_of_its_own_page_is_kept_by_somebody_without_a_conflict_once_and_with_words"),
    Defect("a change that is seen for good", "reviews.workflow.snapshots:record_check", _without_what_was_found,
        "test_review_snapshots.py::test_the_same_change_found_again_is_told_from_the_next"),
    Defect("a notification that says who has voted", "reviews.workflow.telling:seat_holders", _who_have_voted,
        "test_blindness.py::test_a_verdict_tells_nobody_and_what_its_author_is_told_of_the_open_round_all_seat_holders_are"),
    Defect("words of a desk that somebody left", "factcheck.notifications.readers:visible_to", _of_a_left_desk,
        "test_notifications.py::test_whoever_left_the_desk_reads_no_more_of_it"),
    Defect("a voter who talks", "database", "DROP TRIGGER comment_within_its_review ON reviews_comment",
        "test_comments.py::test_the_database_lets_nobody_write_who_votes"),
    Defect("a comparison of what was edited meanwhile", "claims.pipeline.matching:_hold", lambda _: lambda subjects: None,
        "test_matching.py::test_a_claim_that_is_edited_while_it_is_compared_is_compared_as_it_stands_then"),
    Defect("tripled that is doubled", "claims.matching.guard:Figure.equals", lambda _: lambda one, other: True,
        "test_guard.py::test_what_only_sounds_alike_differs"),
    Defect("an approver who handles what is said to be wrong with it", "reviews.workflow.corrections:_approvers", lambda _: lambda request: set(),
        "test_correction_requests.py::test_the_approver_the_lead_and_whoever_keeps_out_are_refused_as_handlers_also_by_the_database"),
    Defect("a request that goes back", "database", "DROP TRIGGER correction_request_goes_its_way ON reviews_correctionrequest",
        "test_correction_requests.py::test_what_must_never_be_of_a_request_is_refused_by_the_database"),
    Defect("an article that comes back", "claims.pipeline.importing:_leave", _as_if_nothing_was_withdrawn,
        "test_withdrawing.py::test_it_does_not_come_back_by_any_way_in_and_who_sends_it_is_told"),
    Defect("a withdrawal that leaves the text", "database", "DROP TRIGGER article_withdrawn_whole ON claims_article",
        "test_withdrawing.py::test_what_must_never_be_of_a_withdrawn_article_is_refused_by_the_database"),
    Defect("a link of what differs", "database", "ALTER TABLE claims_claimmatch DROP CONSTRAINT match_linked_without_difference",
        "test_matching.py::test_what_must_never_be_false_of_a_match_is_refused_by_the_database"),
)  # fmt: skip


def holder_of(place: str) -> tuple[Any, str]:
    """What holds the function, and under which name. Raises where there is none."""
    module, _, path = place.partition(":")
    *classes, name = path.split(".")
    holder: Any = import_module(module)
    for step in classes:
        holder = getattr(holder, step)
    getattr(holder, name)
    return holder, name


# As a plugin: `-p tests.defects`


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    [defect] = [defect for defect in DEFECTS if defect.name == os.environ["DEFECT"]]
    if isinstance(defect.make, str):
        _after_the_migrations(defect.make)
        return
    holder, name = holder_of(defect.place)
    setattr(holder, name, defect.make(getattr(holder, name)))


def _after_the_migrations(statement: str) -> None:
    from django.db import connection
    from django.db.models.signals import post_migrate

    done: list[str] = []

    def once(**_: Any) -> None:
        if not done:
            done.append(statement)
            with connection.cursor() as cursor:
                cursor.execute(statement)

    post_migrate.connect(once, weak=False)

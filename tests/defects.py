"""Defects to seed: a harness that has never caught anything proves nothing.

Each is a patch of one named function, or takes away one trigger, and names the test that has to fail with it; product code holds no
switch for any. `DEFECT="a missing lock" python -m pytest -p tests.defects tests/test_triage_races.py` shows one at work; `make soak`
(tests/soak/test_soak_defects.py) seeds them all. What is missing here comes with reviews: self-approval, a stolen item, an approval
kept after an edit, a published revision written over, a person counted twice, another desk's rows, a formula in a CSV.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


def _ends_first(_: Any) -> Any:
    from django.utils import timezone

    from factcheck.models import Job, JobState

    ended = {"state": JobState.DONE, "lease_id": None, "lease_until": None}

    @contextmanager
    def finishing(job: Any, result: Any = None) -> Iterator[Any]:
        Job.objects.filter(pk=job.pk).update(finished_at=timezone.now(), **ended)
        yield {} if result is None else result

    return finishing


def _without_acceptances(record: Any) -> Any:
    return lambda subject, action, **told: None if str(action) == "accept" else record(subject, action, **told)


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


DEFECTS = (
    Defect("a missing lock", "claims.pipeline.triaging:_lock", _without_a_lock,
        "test_triage_races.py::test_of_two_people_who_decide_at_once_one_wins"),
    Defect("a version that is not compared", "claims.pipeline.triaging:check_version", _never,
        "test_triage.py::test_an_action_on_a_claim_that_moved_since_it_was_seen_is_refused_with_who_moved_it"),
    Defect("a job leased twice", "factcheck.jobs:_due", _without_skipping,
        "test_jobs.py::test_no_job_is_leased_twice_by_workers_that_look_at_the_same_moment"),
    Defect("a job that ends before its work", "factcheck.jobs:finishing", _ends_first,
        "test_jobs.py::test_effects_and_the_end_of_a_job_are_one_transaction"),
    Defect("a lost lease that is not noticed", "factcheck.jobs:_hold", _never,
        "test_jobs.py::test_a_cancelled_job_writes_nothing_although_it_runs"),
    Defect("a missing event", "factcheck.audit.events:record", _without_acceptances,
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
    Defect("a name that may lead inside", "factcheck.fetch:is_public", _always,
        "test_fetch.py::test_a_name_that_leads_inside_is_refused_and_no_connection_made"),
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

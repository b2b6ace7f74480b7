"""Two people triage at the same moment: one of them wins, and the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from claims import pipeline
from claims.models import Claim
from claims.pipeline import triaging
from claims.triage import TriageAction
from factcheck.accounts.models import User
from factcheck.errors import ActionNotAllowed, InvalidInput, Problem, StaleVersion
from tests import make

ROUNDS = 20


@pytest.fixture
def ada(committed_database) -> User:
    return make.user("ada", "importer", "triager")


def at_once(*calls: Callable[[], Any]) -> list[Problem | None]:
    """Starts the calls at one barrier, each on its own connection; returns what each was refused with."""
    barrier = threading.Barrier(len(calls))
    refusals: list[Problem | None] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            connections["default"].ensure_connection()
            barrier.wait(10)
            call()
        except Problem as problem:
            refusals[number] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return refusals


@contextmanager
def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both read before either writes, as they would if the verb did not lock."""
    both_have_read = threading.Barrier(2)

    def look(claim_id: UUID, other_id: UUID | None = None) -> tuple[Claim, Claim | None]:
        claim = Claim.objects.get(pk=claim_id)
        other = Claim.objects.get(pk=other_id) if other_id else None
        both_have_read.wait(10)
        return claim, other

    with monkeypatch.context() as patch:
        patch.setattr(triaging, "_lock", look)
        yield


def accept_and_reject(claim: Claim, ada: User, version: int | None) -> list[Problem | None]:
    return at_once(
        lambda: pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=ada, version=version),
        lambda: pipeline.triage(claim.pk, TriageAction.REJECT, actor=ada, version=version, reason="opinion"),
    )


def test_without_the_lock_both_of_two_people_would_win(ada, monkeypatch):
    claim = make.claim(actor=ada)
    with without_the_lock(monkeypatch):
        assert accept_and_reject(claim, ada, None) == [None, None]


@pytest.mark.parametrize(("sees_version", "refusal"), [(False, ActionNotAllowed), (True, StaleVersion)])
def test_of_two_people_who_decide_at_once_one_wins(ada, sees_version, refusal):
    for _ in range(ROUNDS):
        claim = make.claim(actor=ada)
        refusals = accept_and_reject(claim, ada, claim.version if sees_version else None)
        assert sorted(r is None for r in refusals) == [False, True]
        assert refusal in {type(r) for r in refusals}
        claim.refresh_from_db()
        assert claim.version == 2
        assert claim.triage_status == ("accepted" if refusals[0] is None else "rejected")


def merge_into_each_other(one: Claim, two: Claim, ada: User) -> list[Problem | None]:
    return at_once(
        *(
            lambda claim=claim, into=into: pipeline.triage(  # type: ignore[misc]
                claim.pk, TriageAction.MERGE, actor=ada, reason="duplicate", into=into.pk
            )
            for claim, into in ((one, two), (two, one))
        )
    )


def test_without_the_lock_two_claims_would_be_merged_into_each_other(ada, monkeypatch):
    one, two = make.claim(actor=ada), make.claim("The same.", actor=ada)
    with without_the_lock(monkeypatch):
        assert merge_into_each_other(one, two, ada) == [None, None]
    assert set(Claim.objects.values_list("triage_status", flat=True)) == {"merged"}


def test_of_two_claims_that_are_merged_into_each_other_at_once_one_stays(ada):
    for _ in range(ROUNDS):
        one, two = make.claim(actor=ada), make.claim("The same.", actor=ada)
        refusals = merge_into_each_other(one, two, ada)
        (refused,) = (r for r in refusals if r is not None)
        assert isinstance(refused, InvalidInput)
        assert [error.code for error in refused.errors] == ["target_closed"]
        statuses = Claim.objects.filter(pk__in=[one.pk, two.pk]).values_list("triage_status", flat=True)
        assert sorted(statuses) == ["candidate", "merged"]

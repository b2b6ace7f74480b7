"""Threads that start at one barrier, each on its own connection, for tests that race."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from factcheck.accounts.models import User
from factcheck.errors import NotFound, Problem
from reviews.models import Review
from reviews.workflow import acting, conflicts, drafting, opening, publishing, rating

_kept: ThreadPoolExecutor | None = None


@contextmanager
def keeping_connections(number: int) -> Iterator[None]:
    """So many threads live on from one race to the next: each would else take longer to connect than to run."""
    global _kept
    end = threading.Barrier(number)

    def leave() -> None:
        end.wait(20)
        connections.close_all()

    with ThreadPoolExecutor(number) as _kept:
        try:
            yield
        finally:
            wait([_kept.submit(leave) for _ in range(number)])
            _kept = None


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Starts the calls at one barrier; returns what each returned, or the problem that it was refused with."""
    barrier = threading.Barrier(len(calls))
    # A thread that dies of anything else leaves this behind.
    answers: list[Any] = [RuntimeError("it neither returned nor was refused")] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            connections["default"].ensure_connection()
            barrier.wait(20)
            answers[number] = call()
        except Problem as problem:
            answers[number] = problem
        except BaseException as error:
            answers[number] = RuntimeError(f"{type(error).__name__}: {error}")

    with nullcontext() if _kept else keeping_connections(len(calls)):
        running = [_kept.submit(run, number, call) for number, call in enumerate(calls)]
        assert not wait(running, 60).not_done
    return answers


def refusals(answers: list[Any]) -> list[Problem]:
    """Those who were refused. Fails where somebody died of something else, which a client would see as a 500."""
    died = [answer for answer in answers if isinstance(answer, RuntimeError)]
    assert died == []
    return [answer for answer in answers if isinstance(answer, Problem)]


def unlocked(review_id: UUID, actor: User | None) -> Review:
    """The review as the verbs would find it if they did not lock."""
    review = Review.objects.select_related("policy", "scale", "claim").filter(pk=review_id).first()
    if review is None or (actor and not acting.visible_to(actor).filter(pk=review.pk).exists()):
        raise NotFound("There is no such review.")
    return review


@contextmanager
def without_the_lock(monkeypatch: pytest.MonkeyPatch, *, meeting: int = 0) -> Iterator[None]:
    """Nobody locks a review. So many threads have read it before the first of them writes."""
    all_have_read = threading.Barrier(meeting or 1)
    have_waited = threading.local()

    def look(review_id: UUID, actor: User | None) -> Review:
        review = unlocked(review_id, actor)
        if meeting and not hasattr(have_waited, "once"):
            have_waited.once = True
            all_have_read.wait(20)
        return review

    with monkeypatch.context() as patch:
        for module in (acting, rating, drafting, conflicts, publishing):
            patch.setattr(module, "lock", look)
        yield


def after(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, meanwhile: Callable[[], Any]) -> list[Any]:
    """Once this function has answered for the first time, somebody else acts before its caller goes on. Their answers come into the list."""
    real, answers = getattr(module, name), list[Any]()

    def answer(*args: Any, **more: Any) -> Any:
        found = real(*args, **more)
        if not answers:
            answers.append(None)
            answers[:] = at_once(meanwhile)
        return found

    monkeypatch.setattr(module, name, answer)
    return answers


@contextmanager
def without_skipping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both have chosen before either takes, as they would if the queue did not lock."""
    both_have_chosen = threading.Barrier(2)
    begin, best_first = opening.begin, opening.best_first

    def wait(review: Review, *args: Any, **more: Any) -> acting.Act:
        both_have_chosen.wait(20)
        return begin(review, *args, **more)

    class Unlocked:
        """A query that is asked for a lock and takes none."""

        def __init__(self, query: Any) -> None:
            self.query = query

        def select_for_update(self, **_: Any) -> Any:
            return self.query

    with monkeypatch.context() as patch:
        patch.setattr(opening, "best_first", lambda reviews: Unlocked(best_first(reviews)))
        patch.setattr(opening, "begin", wait)
        yield

"""A move of a review through its verb against the same change written as one prepared statement, by eight clients at once.

REVIEW_SECONDS (4) and REVIEW_ROUNDS (5) make it shorter or longer.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, connections

from factcheck.accounts.models import User
from factcheck.ids import uuid7
from reviews import workflow
from reviews.models import Review
from tests import make
from tests.bench.goals import met, size

CLIENTS = 8
SECONDS = size("REVIEW_SECONDS", 4, 1)
ROUNDS = size("REVIEW_ROUNDS", 5, 1)
GOAL = 0.2

# The same rows: the review, its event and the head of its chain, whose hashes are there already.
STATEMENT = """
    WITH moved AS (
        UPDATE reviews_review SET stage = %(stage)s, lead_id = %(lead)s, lease_until = now() + %(lease)s::interval,
            entered_stage_at = now(), version = version + 1, updated_at = now(), updated_by_id = %(actor)s
        WHERE id = %(review)s AND version = %(version)s RETURNING id, version
    ), told AS (
        INSERT INTO audit_auditevent (id, subject_type, subject_id, number, action, version, actor_id, origin, request_id, reason, note,
            data, at, previous_hash, hash)
        SELECT %(event)s, 'review', id, %(number)s, %(action)s, version, %(actor)s, 'system', '', '', '', %(data)s::jsonb, now(),
            %(hash)s, %(hash)s FROM moved
    )
    UPDATE audit_chainhead SET number = %(number)s, hash = %(hash)s, is_folded = false
    WHERE subject_type = 'review' AND subject_id = (SELECT id FROM moved)
"""


def test_a_move_costs_little_more_than_its_statement(committed_database: str) -> None:
    room = make.newsroom()
    reviews = [make.review(room, text=f"Claim {n}.").pk for n in range(CLIENTS)]
    _one_commit(reviews[0], room.finn)
    rates: dict[str, list[float]] = {"verb": [], "statement": []}
    for _ in range(ROUNDS):
        rates["verb"].append(_together(_verbs, committed_database, reviews, room.finn.pk))
        rates["statement"].append(_together(_statements, committed_database, reviews, room.finn.pk))
    ratio = statistics.median(verb / bare for verb, bare in zip(rates["verb"], rates["statement"], strict=True))
    print(f"\n{CLIENTS} clients, {ROUNDS} interleaved rounds of {SECONDS:.0f} s: median moves a second")
    for name, found in rates.items():
        print(f"  {name:10} {statistics.median(found):7.0f}")
    print(f"  {ratio:.2f} of one prepared statement (goal {GOAL:.2f})")
    met(ratio >= GOAL, ratio)


def _one_commit(review: UUID, finn: User) -> None:
    with connection.cursor() as cursor:
        count = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"

        def commits() -> int:
            time.sleep(1.1)  # the counters are sent once a second
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(count)
            return int(cursor.fetchone()[0])

        first = commits()
        idle = commits() - first
        before = commits()
        workflow.take(review, actor=finn)
        after = commits()
    assert after - before - idle == 1
    workflow.release(review, actor=finn, reason="no_time", note="For the others.")


def _together(work: Callable[..., int], url: str, reviews: list[UUID], finn: UUID) -> float:
    """Moves a second of all clients together, each with a review and a process of its own."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    barrier, moves = context.Barrier(CLIENTS), context.Queue()

    def run(review: UUID) -> None:
        connections["default"].inc_thread_sharing()
        moves.put(work(url, review, finn, barrier))

    clients = [context.Process(target=run, args=[review]) for review in reviews]
    for client in clients:
        client.start()
    done = [moves.get(timeout=60) for _ in clients]
    for client in clients:
        client.join()
        assert client.exitcode == 0
    return sum(done) / SECONDS


def _verbs(url: str, review: UUID, finn_id: UUID, barrier: Any) -> int:
    finn = User.objects.with_roles().get(pk=finn_id)
    version = Review.objects.get(pk=review).version
    barrier.wait()
    end, done = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < end:
        version = workflow.take(review, actor=finn, version=version).version
        found = workflow.release(review, actor=finn, version=version, reason="no_time", note="For the others.")
        version = found.version
        done += 2
    return done


def _statements(url: str, review: UUID, finn: UUID, barrier: Any) -> int:
    with psycopg.connect(url, autocommit=True, prepare_threshold=0) as bare, bare.cursor() as cursor:
        cursor.execute(
            "SELECT version, (SELECT number FROM audit_chainhead WHERE subject_id = r.id) FROM reviews_review r WHERE id = %s",
            [review],
        )
        version, number = cursor.fetchone() or (0, 0)
        barrier.wait()
        end, done = time.perf_counter() + SECONDS, 0
        while time.perf_counter() < end:
            for stage, lead, lease, action in (("research", finn, "3 days", "take"), ("queued", None, None, "release")):
                number += 1
                values = {
                    "stage": stage,
                    "lead": lead,
                    "lease": lease,
                    "action": action,
                    "version": version,
                    "number": number,
                }
                fixed = {
                    "review": review,
                    "actor": finn,
                    "event": uuid7(),
                    "hash": "0" * 64,
                    "data": '{"stage": ["a", "b"]}',
                }
                cursor.execute(STATEMENT, values | fixed)
                assert cursor.rowcount == 1
                version += 1
            done += 2
    return done

"""Several requests at the same moment: two editors of one claim, one POST sent several times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import connections

from claims.models import Claim
from factcheck.accounts.models import User
from tests import make
from tests.api import Api, api, assert_problem


def answers_at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls answer, each started at one barrier on a connection of its own."""
    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            connections["default"].ensure_connection()
            barrier.wait(10)
            answers[number] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return answers


def edit(client: Api, claim: Claim, etag: str, claimant: str) -> Any:
    body = {"claimant": claimant}
    return client.patch(f"/claims/{claim.pk}", body, "application/json", headers={"If-Match": etag})


def exactly_one_wins_each_round(editors: Sequence[User], rounds: int) -> None:
    """Both have seen the claim and name its claimant; the one who comes second is told who did, and what."""
    clients = [api(editor) for editor in editors]
    for _ in range(rounds):
        claim = make.claim(actor=editors[0])
        etags = [client.get(f"/claims/{claim.pk}")["ETag"] for client in clients]
        answers = answers_at_once(
            *(
                partial(edit, client, claim, etag, f"said to {editor.username}")
                for client, etag, editor in zip(clients, etags, editors, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        won = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
        told = assert_problem(answers[1 - won], 412, "stale_version")
        winner = editors[won].username
        assert (told["current_version"], told["changed_by"], told["changed_fields"]) == (2, winner, ["claimant"])
        assert told["changed_at"] == answers[won].json()["updated_at"]
        claim.refresh_from_db()
        assert (claim.version, claim.claimant) == (2, f"said to {winner}")


def each_key_acts_once(client: Api, keys: int, times: int) -> None:
    """Every key is sent with one body `times` times at once: one claim, equal answers, all but one of them replayed."""
    for number in range(keys):
        text = f"Prices rose {number} times."
        post = partial(client.post, "/claims", {"text": text}, headers={"Idempotency-Key": f"key-{number}"})
        answers = answers_at_once(*[post] * times)
        claim = Claim.objects.get(text=text)
        assert [answer.status_code for answer in answers] == [201] * times
        assert {answer.content for answer in answers} == {answers[0].content}
        assert {(answer["Location"], answer["ETag"]) for answer in answers} == {
            (f"/api/v1/claims/{claim.pk}", answers[0]["ETag"])
        }
        replayed = sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers)
        assert replayed == ["", *["true"] * (times - 1)]

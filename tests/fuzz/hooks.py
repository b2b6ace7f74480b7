"""What schemathesis cannot know: which rows there are and at which version, which words mean something, and what a browser sends
along. Loaded by SCHEMATHESIS_HOOKS.

Only parts that were made to be good are replaced, by others that are good; what was made to be wrong goes out as it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

WORLD: dict[str, list[str]] = json.loads(Path(os.environ["FUZZ_WORLD"]).read_text())
URL, SESSION, OWN_TOKEN = (os.environ[name] for name in ("FUZZ_URL", "FUZZ_SESSION", "FUZZ_TOKEN_ID"))
CSRF_TOKEN = "x" * 32
KEYS = {
    "article_version": "article-versions",
    "into": "claims",
    "owner": "users",
    "id": "claims",
    "desk": "desks",
    "claim": "accepted claims",
    "fact_check": "public",
    "duplicate_of": "correction-requests",
    "correction_request": "correction-requests",
}
KEYS_OF_ACTION = {"POST /api/v1/reviews/{id}/assign": {"to": "researchers"}}
MEANT: dict[str, Any] = {
    "span": {"start": 0, "end": 6},
    "url": "https://wire.example/7",
    "language": "en",
    "published_at": "2025-07-02",
    "expires_at": "2125-07-02T00:00:00Z",
    "rating": "false",
    "rationale": "The ministry's own tables say so, in both editions.",
}
# Of these, a body that means something has one or both.
EXCLUDE_EACH_OTHER, GO_TOGETHER = {"text", "html"}, {"span", "article_version"}


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    case.cookies["csrftoken"] = case.headers["X-CSRFToken"] = CSRF_TOKEN
    if case.meta is None:
        return
    # By what the case holds, so that it stays the same case when schemathesis sends it again.
    lot = crc32(repr((case.operation.label, case.path_parameters, case.query, case.body)).encode())
    comes_from_an_answer = case.meta.phase.name == "stateful"
    if _is_good(case, ParameterLocation.PATH) and not comes_from_an_answer and lot % 4:
        case.path_parameters = {name: _row(case, lot) for name in case.path_parameters}
    if OWN_TOKEN in case.path_parameters.values():
        # Revoked, it would be refused everything else.
        case.path_parameters["id"] = _row(case, lot)
    if _is_good(case, ParameterLocation.HEADER) and "If-Match" in case.headers and lot % 8:
        case.headers["If-Match"] = _tag(case) or case.headers["If-Match"]
    if _is_good(case, ParameterLocation.BODY) and lot % 4:
        _fill(case.body, lot // 4, KEYS | KEYS_OF_ACTION.get(case.operation.label, {}))
        _look_up(case)


def _is_good(case: schemathesis.Case, location: ParameterLocation) -> bool:
    part = case.meta.components.get(location)
    return part is not None and part.mode.is_positive


def _row(case: schemathesis.Case, lot: int) -> str:
    rows = WORLD[case.operation.path.removeprefix("/api/v1/").partition("/")[0]]
    if lot // 8 % 8:
        rows = WORLD.get(case.operation.label.replace("{parent}", "{id}")) or rows
    return rows[lot // 8 % len(rows)]


def _tag(case: schemathesis.Case) -> str | None:
    """As somebody sends it who has just looked at the row."""
    address = case.formatted_path.rpartition("/")[0] if case.method == "POST" else case.formatted_path
    if case.formatted_path.endswith("-verdict"):
        address += "/seat"
    return _get(address).headers.get("ETag")


def _get(address: str) -> requests.Response:
    return requests.get(URL + address, cookies={"sessionid": SESSION}, timeout=10)


def _look_up(case: schemathesis.Case) -> None:
    """What only the review itself can tell."""
    path, _, action = case.formatted_path.rpartition("/")
    if action in LOOK_UP and isinstance(case.body, dict):
        case.body |= LOOK_UP[action](path)


def _for_approval(path: str) -> dict[str, Any]:
    return _get(path).json().get("for_approval") or {}


def _cites(path: str) -> dict[str, Any]:
    sets = _rows_under(path, "evidence-sets")
    return {"cites": [item["id"] for item in sets[-1]["items"]]} if sets else {}


def _answers(path: str) -> dict[str, Any]:
    differing = [row["id"] for row in _rows_under(path, "verdicts") if row["rating"] != MEANT["rating"]]
    return {"answers": [{"verdict": verdict, "answer": "The tables say otherwise."} for verdict in differing]}


def _request(path: str) -> dict[str, Any]:
    asked = _rows_under(path, "replies")
    return {"request": asked[-1]["id"]} if asked else {}


def _finding(path: str) -> dict[str, Any]:
    last = _get(path).json().get("live_check")
    return {"finding": last["id"]} if last else {}


def _rows_under(path: str, name: str) -> list[dict[str, Any]]:
    return _get(f"{path}/{name}").json().get("results", [])


LOOK_UP: dict[str, Callable[[str], dict[str, Any]]] = {
    "approve": _for_approval,
    "submit-verdict": _cites,
    "revise-verdict": _cites,
    "adjudicate": _answers,
    "record-reply": _request,
    "keep": _finding,
}


def _fill(body: Any, lot: int, keys: dict[str, str]) -> None:
    if isinstance(body, list):
        for item in body:
            _fill(item, lot, keys)
    elif isinstance(body, dict):
        if body.keys() >= EXCLUDE_EACH_OTHER:
            del body[sorted(EXCLUDE_EACH_OTHER)[lot % 2]]
        if len(body.keys() & GO_TOGETHER) == 1:
            body |= dict.fromkeys(GO_TOGETHER, "")
        for name, value in body.items():
            if name in keys:
                rows = WORLD[keys[name]]
                body[name] = rows[lot % len(rows)]
            elif name in MEANT:
                body[name] = MEANT[name]
            else:
                _fill(value, lot, keys)

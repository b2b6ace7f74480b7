"""What schemathesis cannot know: which rows there are and at which version, which words mean something, and what a browser sends
along. Loaded by SCHEMATHESIS_HOOKS.

Only parts that were made to be good are replaced, by others that are good; what was made to be wrong goes out as it is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from zlib import crc32

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

WORLD: dict[str, list[str]] = json.loads(Path(os.environ["FUZZ_WORLD"]).read_text())
URL, SESSION, OWN_TOKEN = (os.environ[name] for name in ("FUZZ_URL", "FUZZ_SESSION", "FUZZ_TOKEN_ID"))
CSRF_TOKEN = "x" * 32
KEYS = {"article_version": "article-versions", "into": "claims", "owner": "users", "id": "claims"}
MEANT: dict[str, Any] = {
    "span": {"start": 0, "end": 6},
    "url": "https://wire.example/7",
    "language": "en",
    "published_at": "2025-07-02",
    "expires_at": "2125-07-02T00:00:00Z",
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
        _fill(case.body, lot // 4)


def _is_good(case: schemathesis.Case, location: ParameterLocation) -> bool:
    part = case.meta.components.get(location)
    return part is not None and part.mode.is_positive


def _row(case: schemathesis.Case, lot: int) -> str:
    rows = WORLD[case.operation.path.removeprefix("/api/v1/").partition("/")[0]]
    return rows[lot // 8 % len(rows)]


def _tag(case: schemathesis.Case) -> str | None:
    """As somebody sends it who has just looked at the row."""
    address = case.formatted_path.rpartition("/")[0] if case.method == "POST" else case.formatted_path
    return requests.get(URL + address, cookies={"sessionid": SESSION}, timeout=10).headers.get("ETag")


def _fill(body: Any, lot: int) -> None:
    if isinstance(body, list):
        for item in body:
            _fill(item, lot)
    elif isinstance(body, dict):
        if body.keys() >= EXCLUDE_EACH_OTHER:
            del body[sorted(EXCLUDE_EACH_OTHER)[lot % 2]]
        if len(body.keys() & GO_TOGETHER) == 1:
            body |= dict.fromkeys(GO_TOGETHER, "")
        for name, value in body.items():
            if name in KEYS:
                rows = WORLD[KEYS[name]]
                body[name] = rows[lot % len(rows)]
            elif name in MEANT:
                body[name] = MEANT[name]
            else:
                _fill(value, lot)

"""Log lines: one per event whatever is in it, with the id of the request it belongs to, and without what nobody may read.

`text` is for a terminal, `json` for whatever collects lines.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable
from typing import Any

import orjson
import re2

FORMATS = ("text", "json")

# Line breaks would forge lines, other control characters steer the terminal on which they are read.
_CONTROLS = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
} | {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_LATER_CONTROLS = {code: f"\\u{code:04x}" for code in _CONTROLS if code >= 0x7F}

_HIDDEN = "[hidden]"
_SECRET = (
    (r"fc_[A-Za-z0-9_-]{8,}", "fc_" + _HIDDEN),  # longer than the part that an administrator may see
    (r"whsec_[A-Za-z0-9+/=_-]{8,}", "whsec_" + _HIDDEN),
    (
        r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-csrftoken)(['\"]?\s*[:=]\s*['\"]?)[^'\"\r\n]*",
        rf"\1\2{_HIDDEN}",
    ),
    (r"(?i)\b(bearer|basic)\s+[^\s'\",]+", rf"\1 {_HIDDEN}"),
    (r"\b((?:__Host-)?(?:sessionid|csrftoken))=[^\s;'\"]+", rf"\1={_HIDDEN}"),
    (r"://[^\s/@]*@", f"://{_HIDDEN}@"),
    (r"(?i)\b(password)(['\"]?\s*[:=]\s*['\"]?)[^\s'\"&]+", rf"\1\2{_HIDDEN}"),
)
_PATTERNS = [(re2.compile(pattern), replacement) for pattern, replacement in _SECRET]


def without_secrets(text: str, known: Iterable[str] = ()) -> str:
    for secret in known:
        text = text.replace(secret, _HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class _Lines(logging.Formatter):
    def __init__(self, known_secrets: Iterable[str] = ()) -> None:
        super().__init__()
        # A short password would blot out half of every line.
        self.known = [secret for secret in known_secrets if len(secret) >= 8]

    def clean(self, text: str) -> str:
        return without_secrets(text.encode("utf-8", "backslashreplace").decode(), self.known)

    def traceback(self, record: logging.LogRecord) -> str:
        return self.clean(self.formatException(record.exc_info)) if record.exc_info and record.exc_info[0] else ""

    def at(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Text(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        request_id = getattr(record, "request_id", "-")
        message = self.clean(record.getMessage()).translate(_CONTROLS)
        line = f"{self.at(record)} {record.levelname} {record.name} {request_id} {message}"
        # What an error says may hold line breaks of a client: no line of it looks like a line of ours.
        return "\n    ".join([line, *(part.translate(_CONTROLS) for part in self.traceback(record).splitlines())])


class Json(_Lines):
    """`at`, `level`, `logger`, `process`, `request_id`, `message`; `traceback` where there is one; and the members of `record.fields`."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = getattr(record, "fields", {})
        document = {
            "at": self.at(record),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "request_id": getattr(record, "request_id", "-"),
            "message": self.clean(record.getMessage()),
            **{name: self.clean(value) if isinstance(value, str) else value for name, value in fields.items()},
        }
        if traceback := self.traceback(record):
            document["traceback"] = traceback
        # JSON escapes the first of the control characters only, and readers of lines break at some of the others.
        return orjson.dumps(document, default=str).decode().translate(_LATER_CONTROLS)


def configuration(format: str, known_secrets: Iterable[str] = ()) -> dict[str, Any]:
    """For `logging.config.dictConfig`."""
    kind = Json if format == "json" else Text
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "factcheck.middleware.RequestIdFilter"}},
        "formatters": {"line": {"()": kind, "known_secrets": list(known_secrets)}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Django and gunicorn bring handlers of their own.
            **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server", "gunicorn.error")},
            # Our own line says each refusal.
            "django.request": {"level": "ERROR"},
            # One line per message in and out of the broker says nothing: the queue says what each job did.
            **{name: {"level": "WARNING"} for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat")},
        },
    }

"""A receiver of webhooks: at https://news.example/hook, with answers that a test hands out one after the other."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.internet import PUBLIC, Internet, read_head, response

URL = "https://news.example/hook"
TLS = Path(__file__).parent / "tls" / "trusted.pem"
OK = response(b"thanks")


def failing(status: int = 500, *headers: str, body: bytes = b"no") -> bytes:
    return response(body, *headers, status=f"{status} No")


@dataclass
class Message:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.body)

    def verify(self, secret: str) -> Any:
        """As the reference library does it. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


def read_message(connection: socket.socket) -> Message:
    head, _, body = read_head(connection).partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(4096)
    return Message(request.split()[1], headers, body)


@dataclass
class Receiver:
    """What has come, and what is answered next: bytes, or a function of the connection; the last answer for good."""

    answers: list[Any] = field(default_factory=lambda: [OK])
    messages: list[Message] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        self.messages.append(read_message(connection))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [message.told for message in self.messages]


@pytest.fixture
def receiver(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """At `URL`, with a certificate of its own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS))
    found = Receiver()
    internet.serve(PUBLIC, 443, found, tls=str(TLS))
    return found

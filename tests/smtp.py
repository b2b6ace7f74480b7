"""A tiny mail server on loopback: says what SMTP says, keeps what it is given, or refuses it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What has arrived, envelope and message; `refusals` are answers to give to the next recipients instead of taking them."""

    port: int = 0
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.mailbox  # type: ignore[attr-defined]
        sender, recipients = "", list[str]()
        self._say("220 tiny")
        while line := self.rfile.readline():
            said = line.decode().rstrip("\r\n")
            match said.split(":", 1)[0].split(" ", 1)[0].upper(), said:
                case (("EHLO" | "HELO"), _):
                    self._say("250 tiny")
                case "MAIL", _:
                    sender = said.partition("<")[2].partition(">")[0]
                    self._say("250 ok")
                case "RCPT", _:
                    if box.refusals:
                        self._say(box.refusals.pop(0))
                        continue
                    recipients.append(said.partition("<")[2].partition(">")[0])
                    self._say("250 ok")
                case "DATA", _:
                    self._say("354 go on")
                    box.envelopes.append((sender, recipients))
                    box.messages.append(message_from_bytes(self._body(), policy=policy.default))  # type: ignore[arg-type]
                    self._say("250 kept")
                case "QUIT", _:
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True


@contextmanager
def listening() -> Iterator[Mailbox]:
    with _Server(("127.0.0.1", 0), _Talk) as server:
        box = server.mailbox = Mailbox(port=server.server_address[1])  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()

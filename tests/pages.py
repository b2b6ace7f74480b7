"""Pages of newspapers, and sites that have several."""

from __future__ import annotations

import socket

from tests.internet import read_head, response

HTML = "Content-Type: text/html; charset=utf-8"


def page(*paragraphs: str, head: str = "") -> bytes:
    said = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<!doctype html><html lang=en><head><title>Prices up</title>{head}</head><body><article>{said}</article></body></html>".encode()


SAID = [
    "Prices rose by 40 per cent last year, the central bank said on Monday.",
    "Nobody at the bank disagreed with it — or so it seems.",
] * 3
PAGE = page(*SAID)


class Site:
    """Answers by path, 404 where it has nothing. `asked` are the paths in the order in which somebody asked for them."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        path = read_head(connection).split()[1].decode()
        self.asked.append(path)
        connection.sendall(self.answers.get(path, response(b"", status="404 Not Found")))


def story(number: int) -> bytes:
    return response(page(f"Prices rose by {number} per cent last year, the central bank said on Monday.", *SAID), HTML)

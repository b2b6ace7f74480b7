"""An internet of one process: names lead where a test says, addresses are servers on loopback, and every connection is noted."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

PUBLIC = "93.184.215.14"  # where news.example is
Script = Callable[[socket.socket], None]


class Server:
    """Answers each connection with a script: bytes to send once the head of a request is in, or a function of the connection."""

    def __init__(self, script: bytes | Script, tls: str = "") -> None:
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self._script = script
        self._context = self._tls(tls) if tls else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _tls(self, certificate: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda connection, name, context: self.names.append(name)
        return context

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                if not isinstance(self._script, bytes):
                    self._script(connection)
                    return
                self.requests.append(read_head(connection))
                connection.sendall(self._script)

    def close(self) -> None:
        # Closing alone wakes no thread that waits in accept() or sends.
        for open_socket in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (data := connection.recv(4096)):
        head += data
    return head


def response(body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return response(b"", f"Location: {location}", status=status)


class Internet:
    """`names` holds the answers for each name, one after the other, the last for good. `asked` and `connections` are what happened."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self.connections: list[tuple[str, int]] = []
        self.hung: list[str] = []
        self.released = threading.Event()
        self._servers: dict[tuple[str, int], Server] = {}
        self._connect = socket.socket.connect

    def serve(self, address: str, port: int, script: bytes | Script, tls: str = "") -> Server:
        server = self._servers[address, port] = Server(script, tls)
        return server

    def serve_here(self, script: bytes | Script, tls: str = "") -> Server:
        """At its real address, 127.0.0.1 and a port of its own."""
        server = Server(script, tls)
        self._servers["127.0.0.1", server.port] = server
        return server

    def resolve(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        if host in self.hung:
            self.released.wait(30)
        answers = self.names.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in found]

    def connect(self, sock: socket.socket, place: tuple[Any, ...]) -> None:
        if sock.family == socket.AF_UNIX:
            # Our own broker.
            self._connect(sock, place)
            return
        host, port = place[:2]
        self.connections.append((host, port))
        server = self._servers.get((host, port))
        if server is None:
            raise ConnectionRefusedError(111, "Connection refused")
        if sock.family == socket.AF_INET6:
            raise OSError("no IPv6 in these tests")
        self._connect(sock, ("127.0.0.1", server.port))

    def close(self) -> None:
        self.released.set()
        for server in self._servers.values():
            server.close()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """The only one there is, for as long as the test runs. The environment names a proxy that nobody may ask."""
    world = Internet()
    world.names["news.example"] = [[PUBLIC]]
    monkeypatch.setattr(socket, "getaddrinfo", world.resolve)
    monkeypatch.setattr(socket.socket, "connect", lambda sock, place: world.connect(sock, place))
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    yield world
    world.close()

"""One request over one connection, to an address that has been checked, within the time and the bytes that are left."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

from factcheck.fetch.addresses import Address
from factcheck.fetch.problems import FetchTimedOut, FetchTooLarge
from factcheck.fetch.targets import Target

CONNECT_SECONDS = 5.0  # to one of several addresses, so that a dead one leaves time for the next
MAX_ADDRESSES = 4
MAX_HEAD_BYTES = 64 * 1024


class Limits:
    """What is left of the time, for everything together, and of the bytes, for what is being read."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds
        self._bytes = 0
        self._what = ""

    def seconds_left(self) -> float:
        """More than nothing. Raises FetchTimedOut."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise FetchTimedOut(self._url, f"not done within {self._timeout_seconds:g} s")
        return left

    def end_within(self, seconds: float) -> None:
        """Whatever follows takes no longer than this, nor longer than what is left."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def allow(self, count: int, what: str) -> None:
        self._bytes, self._what = count, what

    def count(self, received: int) -> None:
        self._bytes -= received
        if self._bytes < 0:
            raise FetchTooLarge(self._url, f"{self._what} is larger than is read")


class _Incoming(io.RawIOBase):
    """Reads from a socket. Each read waits for what is left of the whole, or a server that sends a byte a second would never end."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, limits: Limits) -> None:
        self._raw, self._sock, self._limits = raw, sock, limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._limits.seconds_left())
        count = self._raw.readinto(buffer) or 0
        self._limits.count(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Wire:
    """As much of a socket as http.client asks for."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self._sock, self._limits = sock, limits

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._limits.seconds_left())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock.makefile("rb", buffering=0), self._sock, self._limits))

    def close(self) -> None:
        self._sock.close()


def ask(
    target: Target,
    addresses: Iterable[Address],
    headers: Mapping[str, str],
    limits: Limits,
    *,
    method: str = "GET",
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    """The answer to one request, its head read and its body not, which the caller closes.

    Connects to one of `addresses` and nowhere else: proxies of the environment count for nothing, no name is resolved again, and
    the certificate must be that of the name. Raises OSError, http.client.HTTPException, FetchTimedOut, FetchTooLarge.
    """
    sock = _connect(addresses, target.port, limits)
    try:
        if target.scheme == "https":
            sock = _secure(sock, target.host, limits)
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = _Wire(sock, limits)
        limits.allow(MAX_HEAD_BYTES, "the head of the answer")
        connection.request(
            method, target.path, body, headers={"Host": target.authority, "Connection": "close", **headers}
        )
        return connection.getresponse()
    finally:
        # The response holds on to it until it is closed itself.
        sock.close()


def _connect(addresses: Iterable[Address], port: int, limits: Limits) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in list(addresses)[:MAX_ADDRESSES]:
        sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        try:
            sock.settimeout(min(CONNECT_SECONDS, limits.seconds_left()))
            sock.connect((str(address), port))
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def _secure(sock: socket.socket, name: str, limits: Limits) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    sock.settimeout(limits.seconds_left())
    return context.wrap_socket(sock, server_hostname=name)

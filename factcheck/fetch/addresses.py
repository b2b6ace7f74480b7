"""Which addresses of the internet are the public's, and what a name leads to."""

from __future__ import annotations

import queue
import socket
import threading
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# The standard library's own lists differ between patch releases and count multicast as global, so this one stands beside them.
# Source: IANA IPv4 Special-Purpose Address Registry.
_SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# All that IANA has given out for hosts. What carries an IPv4 address inside (mapped, compatible, NAT64) lies outside of it, and
# so do loopback, link-local, unique local and multicast.
_UNICAST_V6 = IPv6Network("2000::/3")
# Protocol assignments with Teredo and benchmarking, documentation twice, 6to4.
_SPECIAL_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16"))

# The second, which not every system has: the name exists without an address.
_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


def is_public(address: Address) -> bool:
    """May a stranger make us connect there? Only to what anybody on the internet could reach without us."""
    if not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address.scope_id is not None or address not in _UNICAST_V6:
        return False
    return not any(address in network for network in _SPECIAL_V6)


def resolve(host: str, port: int, timeout_seconds: float) -> list[Address]:
    """All addresses of a name, in the order in which to try them, each once.

    Raises OSError when there is none, TimeoutError when no answer comes in time.
    """
    answers: queue.SimpleQueue[list[Address] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(ip_address(place[0]) for *_, place in found)))
        except Exception as error:
            answers.put(error)

    # The system's resolver takes no deadline: we leave it waiting and go.
    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_seconds)
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def is_unknown_name(error: Exception) -> bool:
    """Whether `resolve` was told that there is no such name, rather than nothing at all by name servers that could not be asked."""
    return isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME

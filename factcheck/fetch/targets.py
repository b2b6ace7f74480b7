"""A URL as we fetch it: read strictly, so that what was checked is what is asked for, and refused by its form where that says enough."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from string import ascii_letters, digits
from urllib.parse import quote, urljoin, urlsplit

import idna

from factcheck.fetch.addresses import Address, is_public
from factcheck.fetch.problems import BadUrl, FetchRefused

MAX_URL_CHARS = 8000  # as much as servers commonly take
PORTS = {"http": 80, "https": 443}
# What stays as it is in path and query; everything else goes over the wire percent-encoded.
_KEPT = "%!$&'()*+,;=:@/?-._~"
_LABEL = frozenset(ascii_letters + digits + "-_")
# Names that mean this machine or this network to whoever resolves them (RFC 6761, 6762, 8375, and ICANN's promise for the last).
_LOCAL_NAMES = (
    "localhost",
    "localdomain",
    "local",
    "home.arpa",
    "internal",
    "intranet",
    "private",
    "lan",
    "home",
    "corp",
)


@dataclass(frozen=True, slots=True)
class Target:
    """What to ask whom. `address` is set when the URL names no host but an address; `host` is then its one normal spelling."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None
    is_allowed: bool

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def read_target(url: str, allowed: Collection[tuple[str, int]]) -> Target:
    """The target of an absolute http or https URL. `allowed` holds host and port of what is fetched wherever it leads.

    Raises BadUrl, and FetchRefused where the URL alone says that it leads to no public web server. No name is resolved.
    """
    url = url.strip(" ")
    shown = "".join(c if c.isprintable() else "\ufffd" for c in url.rpartition("@")[2])
    if len(url) > MAX_URL_CHARS:
        raise BadUrl(shown[:200], f"longer than {MAX_URL_CHARS:,} characters")
    if any(c < " " or "\x7f" <= c < "\xa0" or c == "\\" or "\ud800" <= c < "\ue000" for c in url):
        raise BadUrl(shown, "holds a control character, a backslash or half of a surrogate pair")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in PORTS:
        raise BadUrl(shown, "not an absolute http or https URL")
    rest = rest.partition("#")[0]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    authority, path = rest[:end], rest[end:]
    if "@" in authority:
        raise BadUrl(shown, "carries a user name or password")
    host, port, address = _authority(authority, shown, scheme)
    target = Target(scheme, host, port, _path(path), address, (host, port) in allowed)
    if not target.is_allowed:
        _refuse(target)
    return target


def follow(target: Target, location: str, allowed: Collection[tuple[str, int]]) -> Target:
    """Where a redirect leads to; `location` as http.client gives it, bytes as Latin-1. Raises what `read_target` raises."""
    if any(c < " " or c in "\x7f\\" for c in location):
        # Before joining, which would drop some of them in silence.
        raise BadUrl(target.url, "redirects to an address with a control character or a backslash")
    location = quote(location.strip(" ").encode("latin-1"), safe=f"{_KEPT}[]#")
    try:
        # urljoin would take `http:a`, `http:///a` and `///a` for paths, others for hosts.
        is_relative = not urlsplit(location).scheme and not location.startswith("///")
        url = urljoin(target.url, location) if is_relative else location
    except ValueError:
        raise BadUrl(target.url, "redirects to an address that is none") from None
    found = read_target(url, allowed)
    if target.scheme == "https" and found.scheme != "https":
        raise FetchRefused(found.url, "redirected from https to http")
    return found


def _path(path: str) -> str:
    if not path.startswith("/"):
        path = f"/{path}"
    return quote(path, safe=_KEPT)


def _authority(authority: str, url: str, scheme: str) -> tuple[str, int, Address | None]:
    address: Address | None = None
    if authority.startswith("["):
        host, bracket, port = authority[1:].partition("]")
        if not bracket or (port and port[0] != ":"):
            raise BadUrl(url, "its IPv6 address is not closed")
        try:
            address = IPv6Address(host)
        except AddressValueError:
            raise BadUrl(url, "its host is no IPv6 address") from None
        if address.scope_id is not None:
            raise BadUrl(url, "its IPv6 address has a zone")
        host, port = str(address), port[1:]
    else:
        host, _, port = authority.partition(":")
        host = _host(host, url)
        if _ends_in_a_number(host):
            # Every resolver reads 127.1, 0x7f.1, 017700000001 and 2130706433 in its own way: we read one spelling.
            try:
                address = IPv4Address(host)
            except AddressValueError:
                raise BadUrl(url, "its IPv4 address is not written as four decimal numbers") from None
    if not port:
        return host, PORTS[scheme], address
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise BadUrl(url, "its port is no number from 1 to 65535")
    return host, int(port), address


def _host(host: str, url: str) -> str:
    host = host.lower()
    if not host.isascii() or "xn--" in host:
        # Full-width digits and dots become plain ones here, before anything is asked about them.
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise BadUrl(url, "its host is no valid name") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or any(not label or len(label) > 63 or not _LABEL.issuperset(label) for label in labels):
        raise BadUrl(url, "its host is no valid name")
    return host


def _ends_in_a_number(host: str) -> bool:
    """Would a browser take it for an IPv4 address? Source: WHATWG URL standard, 3.5."""
    last = host.rpartition(".")[2]
    return last.isdigit() or (last.startswith("0x") and all(c in "0123456789abcdef" for c in last[2:]))


def _refuse(target: Target) -> None:
    if target.address is not None:
        if not is_public(target.address):
            raise FetchRefused(target.url, "the address is not public")
    elif "." not in target.host or any(f".{target.host}".endswith(f".{name}") for name in _LOCAL_NAMES):
        raise FetchRefused(target.url, "the name belongs to a local network")
    if target.port not in PORTS.values():
        raise FetchRefused(target.url, "only ports 80 and 443 are asked")

"""Environment variables, declared once with their default and help: `manage.py config` lists them, a bad value stops the start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    default: str
    expects: str
    help: str
    secret: bool = False


VARIABLES: dict[str, Variable] = {}

# Where `manage.py config` has what would stop any other start: it is there to explain it.
problems: list[str] | None = None


def stop(problem: str) -> None:
    """Raises ImproperlyConfigured."""
    if problems is None:
        raise ImproperlyConfigured(problem)
    problems.append(problem)


def require(*names: str, for_the_sake_of: str, environment: Mapping[str, str] = os.environ) -> None:
    """Stop, naming every one of them that is not set: its default is for a laptop."""
    if missing := [name for name in names if not environment.get(name, "").strip()]:
        stop(f"{for_the_sake_of} is on, and needs {', '.join(missing)}. `manage.py config` says what each expects.")


def read(
    name: str,
    parse: Callable[[str], T],
    *,
    default: str,
    expects: str,
    help: str,
    secret: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> T:
    """The value of `name`, or of its default. Raises ImproperlyConfigured saying what was expected; a secret's value is not repeated."""
    VARIABLES[name] = Variable(name, default, expects, help, secret)
    raw = environment.get(name, "").strip() or default
    try:
        return parse(raw)
    except ValueError as error:
        got = "a value that does not parse" if secret else repr(raw)
        problem = f"{name} must be {expects}; got {got} ({error})"
    stop(problem)
    return parse(default)


def text(value: str) -> str:
    return value


def flag(value: str) -> bool:
    try:
        return {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
            "": False,
        }[value.lower()]
    except KeyError:
        raise ValueError("not a yes or no") from None


def secret(characters: int) -> Callable[[str], str]:
    """None, or one that takes long to guess."""

    def parse(value: str) -> str:
        if 0 < len(value) < characters:
            raise ValueError(f"shorter than {characters} characters")
        return value

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"not {' or '.join(words)}")
        return value

    return parse


def between(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(f"outside {low} to {high}")
        return number

    return parse


def listed(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def hosts_and_ports(value: str) -> frozenset[tuple[str, int]]:
    """Host, in lower case and without brackets, and port of each `host:port`; an IPv6 address stands in brackets."""
    pairs = set()
    for item in listed(value):
        url = urlsplit(f"//{item}")
        if item != url.netloc or "@" in item or not url.hostname or not url.port:
            raise ValueError(f"{item!r} is no host:port")
        pairs.add((str(ip_address(url.hostname)) if ":" in url.hostname else url.hostname, url.port))
    return frozenset(pairs)


def database(value: str) -> dict[str, object]:
    """A libpq URL as Django's settings. A socket folder may stand percent-encoded in the host or as `?host=`."""
    url = urlsplit(value)
    if url.scheme not in ("postgres", "postgresql"):
        raise ValueError("the scheme is not postgresql")
    options = dict(parse_qsl(url.query, strict_parsing=bool(url.query)))
    name = unquote(url.path.lstrip("/"))
    if not name:
        raise ValueError("no database name")
    host = options.pop("host", "") or unquote(url.hostname or "")
    return {
        "NAME": name,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": host,
        "PORT": str(_port(url) or options.pop("port", "")),
        "OPTIONS": options,
    }


def _port(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        # The library's words repeat what stands there: of a password with a slash, its first half.
        raise ValueError("the port is no number; in a password, percent-encode what is no letter or digit") from None


def broker(value: str) -> str:
    scheme = urlsplit(value).scheme
    if scheme not in ("redis", "rediss", "redis+socket", "amqp", "amqps"):
        raise ValueError(f"unknown scheme {scheme!r}")
    if scheme.startswith("redis"):
        cache_beside(value)  # raises where its database is no number
    return value


def origins(value: str) -> list[str]:
    """Scheme, host and port of each, as browsers write them in `Origin`."""
    found = listed(value)
    for origin in found:
        url = urlsplit(origin)
        if url.scheme not in ("http", "https") or not url.hostname or origin != f"{url.scheme}://{url.netloc}":
            raise ValueError(f"{origin!r} is no origin like https://desk.example")
    return found


def rate(value: str) -> tuple[int, int]:
    """Requests and seconds of `600/60`."""
    requests, _, seconds = value.partition("/")
    if int(requests) < 1 or int(seconds) < 1:
        raise ValueError("below one")
    return int(requests), int(seconds)


def cache(value: str) -> dict[str, object]:
    """Django's settings of a cache: a Valkey or Redis that all processes share, or `locmem://`, which each has for itself."""
    url = urlsplit(value)
    if url.scheme == "locmem":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if url.scheme not in ("redis", "rediss", "redis+socket"):
        raise ValueError(f"unknown scheme {url.scheme!r}")
    location = value.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    # Nobody waits for it: what is counted there is worth less than an answer.
    options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": None}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location, "OPTIONS": options}


def cache_beside(broker_url: str) -> str:
    """The next logical database of a broker that has such; else each process's own memory."""
    url = urlsplit(broker_url)
    if url.scheme == "redis+socket":
        number = _number(dict(parse_qsl(url.query)).get("virtual_host", "0"))
        return f"{broker_url.partition('?')[0]}?virtual_host={(number + 1) % 16}"
    if url.scheme in ("redis", "rediss"):
        return url._replace(path=f"/{(_number(url.path.strip('/') or '0') + 1) % 16}").geturl()
    return "locmem://"


def _number(database: str) -> int:
    if not (database.isascii() and database.isdigit()):
        raise ValueError("the logical database is no number")
    return int(database)


def storage(value: str) -> dict[str, object]:
    """Django's settings of a storage, from the dotted path of its class and its options as a JSON object behind it."""
    backend, _, written = value.partition(" ")
    if "." not in backend or not all(part.isidentifier() for part in backend.split(".")):
        raise ValueError("no dotted path of a class")
    options = json.loads(written or "{}")
    if not isinstance(options, dict):
        raise ValueError("the options are no JSON object")
    return {"BACKEND": backend, "OPTIONS": options}


def email(value: str) -> dict[str, Any]:
    """Host, port, user, password and ways of encryption of an SMTP URL; nothing of an empty one. `smtps` speaks TLS from the first byte,
    `smtp` with `?tls=yes` begins it (STARTTLS) before it says who it is.
    """
    if not value:
        return {}
    url = urlsplit(value)
    if url.scheme not in ("smtp", "smtps"):
        raise ValueError("the scheme is neither smtp nor smtps")
    if not url.hostname or url.path not in ("", "/"):
        raise ValueError("there is no host, or something behind it")
    options = dict(parse_qsl(url.query, strict_parsing=bool(url.query)))
    starttls = flag(options.pop("tls", "no"))
    if options or (starttls and url.scheme == "smtps"):
        raise ValueError("the only option is tls, of smtp")
    return {
        "host": url.hostname,
        "port": url.port or (465 if url.scheme == "smtps" else 587 if starttls else 25),
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "starttls": starttls,
        "tls": url.scheme == "smtps",
    }


def mailbox(value: str) -> str:
    """An address, with or without a name before it."""
    if not value.isprintable():
        raise ValueError("there is a control character in it")
    address = parseaddr(value)[1]
    if address == "factcheck@localhost":  # where nothing is sent
        return value
    try:
        validate_email(address)
    except ValidationError:
        raise ValueError("that is no address") from None
    return value

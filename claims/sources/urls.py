"""The URL under which an article is known. It is an identity in the database: a change here is a data migration."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from string import ascii_letters, digits
from urllib.parse import unquote

import idna

# The index over canonical URLs takes no key above 2,704 bytes; browsers and sitemaps stop at about 2,000.
MAX_URL_CHARS = 2000

# Parameters that say how a reader arrived, never which article it is. A parameter that some site might use to choose its content
# (ref, source, cid, id, page) is not here: two links to one article are a smaller harm than one link for two articles.
TRACKING_PREFIXES = (
    "utm_",
    "pk_",
    "mtm_",
    "matomo_",
    "piwik_",
    "hsa_",
    "fb_action_",
    "vero_",
    "oly_anon_",
    "oly_enc_",
)
_TRACKING = """
    fbclid fb_source fb_ref gclid gclsrc dclid gbraid wbraid _ga _gl srsltid msclkid yclid ysclid _openstat twclid ttclid
    igshid igsh li_fat_id epik s_kwcid ef_id sc_cid sccid rb_clickid irclickid
    mc_cid mc_eid mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking ml_subscriber ml_subscriber_hash wickedid
    ref_src ref_url __twitter_impression smid smtyp cmpid cmp ito xtor wt_mc wt_zmc wtmc ocid ncid sref spm
    at_campaign at_campaign_type at_medium at_format at_link_id at_link_type at_link_origin at_ptr_name at_bbc_team
    ns_campaign ns_mchannel ns_source ns_linkname ns_fee
"""
TRACKING_PARAMETERS = frozenset(_TRACKING.split())

_UNRESERVED = frozenset(ascii_letters + digits + "-._~")
# What stays as it is in a path and in a query, beside unreserved characters (RFC 3986, 3.3 and 3.4).
_PATH_KEPT = _UNRESERVED | frozenset("!$&'()*+,;=:@/")
_QUERY_KEPT = _PATH_KEPT | frozenset("?")
_HOST_LABEL = frozenset(ascii_letters + digits + "-_")
_HEX = frozenset("0123456789abcdefABCDEF")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

# For the common case: a URL all of whose bytes are these, and which has no dot segment, is in normal form already.
_PLAIN_HOST = (digits + "abcdefghijklmnopqrstuvwxyz-.").encode()
_PLAIN_PATH = (ascii_letters + digits + "-._~/").encode()


def canonical_url(url: str) -> str:
    """The normal form of an absolute http or https URL; the normal form of a normal form is itself.

    Scheme and host in lower case, host in IDNA 2008 (UTS 46), no default port, no fragment, no tracking parameter, no empty
    query, no dot segment, no slash at the end of a path (the root keeps its own), percent-encoding of exactly what needs it in
    upper case. Scheme, "www.", the order of parameters and the case of the path stay: on some sites they choose another page.

    Raises ValueError on anything else, on a URL that carries a user name or a control character, and above 2,000 characters.
    Source: RFC 3986, section 6.2.
    """
    url = url.strip()
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    if (
        scheme in _DEFAULT_PORTS
        and path
        and not path.endswith("/")
        and "/." not in rest
        and path[0] != "."
        and len(url) <= MAX_URL_CHARS
        and url.isascii()
        and not path.encode().translate(None, _PLAIN_PATH)
        and _is_plain_host(host)
    ):
        return url
    return _normal_form(url)


@lru_cache(maxsize=1024)
def _is_plain_host(host: str) -> bool:
    return not host.encode().translate(None, _PLAIN_HOST) and _host(host) == host


def _normal_form(url: str) -> str:
    if any(character < "!" or character == "\x7f" for character in url.replace(" ", "")):
        raise ValueError("the URL holds a control character")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _DEFAULT_PORTS:
        raise ValueError("not an absolute http or https URL")
    rest = rest.partition("#")[0]
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    normal = f"{scheme}://{_authority(authority, scheme)}{_path(path)}{_query(query)}"
    if len(normal) > MAX_URL_CHARS:
        raise ValueError(f"the URL is longer than {MAX_URL_CHARS:,} characters")
    return normal


def _authority(authority: str, scheme: str) -> str:
    if "@" in authority:
        raise ValueError("the URL carries a user name or password")
    if authority.startswith("["):
        host, bracket, port = authority[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise ValueError("the IPv6 address of the URL is not closed")
        try:
            host = f"[{IPv6Address(host)}]"
        except AddressValueError as error:
            raise ValueError(f"the host of the URL is no IPv6 address: {error}") from None
        port = port[1:]
    else:
        host, _, port = authority.partition(":")
        host = _host(host)
    if not port:
        return host
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise ValueError("the port of the URL is no number up to 65535")
    port = str(int(port))
    return host if port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"


@lru_cache(maxsize=1024)
def _host(host: str) -> str:
    if "%" in host:
        host = unquote(host, errors="strict")
    host = host.lower()
    if not host.isascii() or "xn--" in host:
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise ValueError(f"the host of the URL is no valid name: {error}") from None
    host = host.removesuffix(".")
    if len(host) > 253 or any(
        not label or len(label) > 63 or not _HOST_LABEL.issuperset(label) for label in host.split(".")
    ):
        raise ValueError("the host of the URL is no valid name")
    return host


def _path(path: str) -> str:
    """`path` without its first slash; the result begins with one."""
    # Decoding comes first: %2E%2E is a dot segment too.
    segments: list[str] = []
    for segment in _encoded(path, _PATH_KEPT).split("/"):
        if segment == "..":
            if segments:
                segments.pop()
        elif segment != ".":
            segments.append(segment)
    return "/" + "/".join(segments).rstrip("/")


def _query(query: str) -> str:
    parts = [
        part for part in _encoded(query, _QUERY_KEPT).split("&") if part and not _is_tracking(part.partition("=")[0])
    ]
    return "?" + "&".join(parts) if parts else ""


def _is_tracking(name: str) -> bool:
    name = name.lower()
    return name in TRACKING_PARAMETERS or name.startswith(TRACKING_PREFIXES)


def _encoded(text: str, kept: frozenset[str]) -> str:
    """Percent-encode what is not in `kept`, in UTF-8, and decode what never needed it. A stray % is encoded itself."""
    if kept.issuperset(text):
        return text
    out: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "%" and len(pair := text[position + 1 : position + 3]) == 2 and _HEX.issuperset(pair):
            plain = chr(int(pair, 16))
            out.append(plain if plain in _UNRESERVED else "%" + pair.upper())
            position += 3
            continue
        out.append(character if character in kept else "".join(f"%{byte:02X}" for byte in character.encode()))
        position += 1
    return "".join(out)

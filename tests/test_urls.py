import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.sources.urls import MAX_URL_CHARS, canonical_url

SAME = [
    (
        "a plain URL stays",
        "https://example.com/a/b-c_d~e.html",
        "https://example.com/a/b-c_d~e.html",
    ),
    ("space around it", "  https://example.com/a\n", "https://example.com/a"),
    (
        "scheme and host in lower case, path as it is",
        "HTTPS://Example.COM/News/A",
        "https://example.com/News/A",
    ),
    ("http and https are two", "http://example.com/a", "http://example.com/a"),
    ("www stays", "https://www.example.com/a", "https://www.example.com/a"),
    ("the root has a slash", "https://example.com", "https://example.com/"),
    ("the root with a query", "https://example.com?p=7", "https://example.com/?p=7"),
    ("slash at the end", "https://example.com/a/", "https://example.com/a"),
    ("slashes at the end", "https://example.com/a///", "https://example.com/a"),
    (
        "slash before the query",
        "https://example.com/a/?p=7",
        "https://example.com/a?p=7",
    ),
    ("slashes inside stay", "https://example.com/a//b", "https://example.com/a//b"),
    ("default port", "https://example.com:443/a", "https://example.com/a"),
    (
        "default port of the other scheme",
        "http://example.com:443/a",
        "http://example.com:443/a",
    ),
    ("another port", "https://example.com:08443/a", "https://example.com:8443/a"),
    ("a colon without a port", "https://example.com:/a", "https://example.com/a"),
    ("dot at the end of the host", "https://example.com./a", "https://example.com/a"),
    ("fragment", "https://example.com/a#top", "https://example.com/a"),
    (
        "fragment with a question mark",
        "https://example.com/a#?p=7",
        "https://example.com/a",
    ),
    ("empty query", "https://example.com/a?", "https://example.com/a"),
    ("empty parameters", "https://example.com/a?&p=7&&", "https://example.com/a?p=7"),
    (
        "order and repeats of parameters stay",
        "https://example.com/a?b=2&a=1&b=3",
        "https://example.com/a?b=2&a=1&b=3",
    ),
    ("an empty value stays", "https://example.com/a?p=", "https://example.com/a?p="),
    (
        "tracking",
        "https://example.com/a?utm_source=x&p=7&fbclid=y&UTM_Medium=z",
        "https://example.com/a?p=7",
    ),
    (
        "tracking alone",
        "https://example.com/a/?gclid=1&mc_eid=2",
        "https://example.com/a",
    ),
    (
        "tracking with an encoded name",
        "https://example.com/a?utm%5Fsource=x",
        "https://example.com/a",
    ),
    (
        "ref may choose content",
        "https://example.com/a?ref=2",
        "https://example.com/a?ref=2",
    ),
    ("dot segments", "https://example.com/a/./b/../c", "https://example.com/a/c"),
    ("dot segment first", "https://example.com/./a", "https://example.com/a"),
    (
        "dot segments above the root",
        "https://example.com/../../a",
        "https://example.com/a",
    ),
    ("encoded dot segments", "https://example.com/a/%2e%2E/b", "https://example.com/b"),
    (
        "a file that begins with a dot",
        "https://example.com/.well/known",
        "https://example.com/.well/known",
    ),
    (
        "needless encoding",
        "https://example.com/%7Eada/%41",
        "https://example.com/~ada/A",
    ),
    (
        "needed encoding in upper case",
        "https://example.com/a%2fb",
        "https://example.com/a%2Fb",
    ),
    ("space in the path", "https://example.com/a b", "https://example.com/a%20b"),
    (
        "letters beyond ASCII",
        "https://example.com/новини",
        "https://example.com/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8",
    ),
    ("stray percent sign", "https://example.com/100%", "https://example.com/100%25"),
    (
        "percent sign before half a pair",
        "https://example.com/%4",
        "https://example.com/%254",
    ),
    (
        "brackets in the query",
        "https://example.com/a?p[]=1",
        "https://example.com/a?p%5B%5D=1",
    ),
    ("plus stays a plus", "https://example.com/a?q=x+y", "https://example.com/a?q=x+y"),
    ("IDNA", "https://Bücher.example/a", "https://xn--bcher-kva.example/a"),
    (
        "IDNA 2008 keeps the sharp s",
        "https://straße.example/a",
        "https://xn--strae-oqa.example/a",
    ),
    (
        "ideographic full stop",
        "https://例え。example/a",
        "https://xn--r8jz45g.example/a",
    ),
    ("percent-encoded host", "https://ex%61mple.com/a", "https://example.com/a"),
    ("IPv4", "http://192.0.2.7:80/a", "http://192.0.2.7/a"),
    ("IPv6", "http://[2001:DB8:0:0::7]:8080/a", "http://[2001:db8::7]:8080/a"),
]


@pytest.mark.parametrize(("url", "normal"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_a_url_has_one_normal_form(url: str, normal: str) -> None:
    assert canonical_url(url) == normal
    assert canonical_url(normal) == normal


REFUSED = [
    "",
    "   ",
    "example.com/a",
    "//example.com/a",
    "/a/b",
    "ftp://example.com/a",
    "javascript:alert(1)",
    "javascript://example.com/%0aalert(1)",
    "mailto:ada@example.com",
    "https:/example.com/a",
    "https://",
    "https:///a",
    "https://.example.com/",
    "https://example..com/",
    "https://exam ple.com/",
    "https://example.com:port/",
    "https://example.com:65536/",
    "https://example.com:١/",
    "https://ada@example.com/",
    "https://ada:secret@example.com/",
    "https://[::1/",
    "https://[1.2.3.4]/",
    "https://[::1]x/",
    "https://exa<mple.com/",
    "https://xn--a.example/",
    "https://ex%ffample.com/",
    "https://example.com/a\x00b",
    "https://example.com/a\nb",
    "https://example.com/\ud800",
    "https://" + "a" * 64 + ".example/",
    "https://example.com/" + "a" * MAX_URL_CHARS,
    "https://example.com/" + "ж" * 400,
]


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_absolute_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_url(url)


URL_LIKE = st.builds(
    "{}{}{}".format,
    st.sampled_from(["http://", "HTTPS://", "https://"]),
    st.sampled_from(["example.com", "Bücher.example:443", "[::1]", "a.b:8080", "EX%61MPLE.com."]),
    st.text(st.sampled_from("/.%?&=#;+:@ aZ~5eEfFbutm_ж'\"[]\\"), max_size=30),
)


@given(URL_LIKE)
def test_the_normal_form_of_a_normal_form_is_itself(url: str) -> None:
    try:
        normal = canonical_url(url)
    except ValueError:
        return
    assert canonical_url(normal) == normal
    assert normal.isascii()

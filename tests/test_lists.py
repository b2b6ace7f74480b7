"""The lists of articles, claims and their like: what they show, how they are narrowed, ordered and walked, and what a page costs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import pipeline
from claims.models import Appearance, Article, Claim, ExtractionRun, ImportRun, Outlet
from claims.sources.base import BadRow, Place
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.ids import uuid7
from factcheck.models import Job
from tests import make
from tests.api import Api, api, assert_problem, walk
from tests.remembering import remembered

pytestmark = pytest.mark.django_db

START = datetime(2025, 7, 2, tzinfo=UTC)
# What breaks whoever writes JSON by hand: quotes, escapes, controls, line separators, markup, all lengths of UTF-8.
AWKWARD = (
    '"quoted" \\back\\ /slash/ \b\f\n\r\t\x01\x1f\x7f\x85\u2028\u2029\ufeff </script> ñ Київ 漢字 🇺🇦 👩‍🔬 {} [] null'
)
FLOATS = (0.1234567, 1e-7, 0.30000000000000004, 1.0, 0.0, 0.9999999, 2 / 3)


def made_ada() -> User:
    return make.user("ada", "importer", "triager")


@pytest.fixture
def ada() -> User:
    return made_ada()


@pytest.fixture
def reader() -> Api:
    return api(make.user("gus", "auditor"))


# A list shows what the single object shows


@pytest.fixture
def everything() -> None:
    rows_of_every_kind()


@remembered
def rows_of_every_kind() -> None:
    """In many states, with nulls, awkward text and floats of all lengths."""
    finn = make.user("finn", "triager")
    wire = make.article(
        f"{AWKWARD.replace(chr(0xFEFF), '')} Prices rose by 40 per cent last year, the bank of the country said on Monday.",
        title=AWKWARD, outlet="Wire \"Приклад\" \\ 🙂", url="https://example.org/ї?a=%22", byline=AWKWARD, language="uk",
        published_at=datetime(1605, 11, 5, 1, 2, 3, 4567, tzinfo=UTC),
    )  # fmt: skip
    make.article("Prices rose by 40 per cent last year.", url=wire.canonical_url, title="Changed")
    make.article("A text of which nothing else is known: 70 per cent of voters said so in May, the ministry reported.")
    while jobs.work("tests"):
        pass
    make.article("Not read yet.", outlet="Another")
    version = wire.versions.get(number=1)
    at = version.text.index("last year")
    by_hand = pipeline.add_claim(actor=made_ada(), version_id=version.pk, start=at, end=at + 40, claimant=AWKWARD)
    pipeline.split(by_hand.pk, ["One \u2028 thing.", "Another \\ thing."], actor=finn, note=AWKWARD)
    accepted, rejected, merged = (make.claim(f"{AWKWARD} {n}", actor=made_ada()) for n in range(3))
    pipeline.triage(accepted.pk, TriageAction.ACCEPT, actor=made_ada(), risk="high")
    pipeline.triage(rejected.pk, TriageAction.REJECT, actor=finn, reason="other", note=AWKWARD)
    pipeline.triage(merged.pk, TriageAction.MERGE, actor=finn, reason="duplicate", into=accepted.pk)
    Claim.objects.bulk_create(
        Claim(
            text=f"Scored {number}", check_worthiness=number, rank_in_article=7,
            quantities=[{"value": number, "maximum": None, "far": [1e22, -1e-9, 10**18, -0.0], "words": AWKWARD}],
            contributions=[{"name": "n", "weight": number * 3.3, "reason": AWKWARD}],
            gaps=["a,b", 'c"d', "NULL", ""], entities=["{x}", AWKWARD, " "], edited_fields=["text"],
        )
        for number in FLOATS
    )  # fmt: skip
    run = pipeline.start_run(
        "feed.jsonl", {"language": None, "words": AWKWARD, "ratio": 0.1234567}, started_by=made_ada()
    )
    place = Place("feed.jsonl", 3, 70, b'{"text": 7}', {"text": 7})
    drafts = [make.draft("Imported.", outlet="Wire"), BadRow(place, "text", "wrong_type", AWKWARD)]
    pipeline.land_batch(drafts, run=run, checkpoint={"offset": 2**40, "line": 3})
    pipeline.finish_run(run, {"code": "x", "detail": AWKWARD})
    pipeline.finish_run(pipeline.start_run("nothing.jsonl", {}))


@pytest.mark.parametrize(
    "path", ["claims", "articles", "appearances", "outlets", "extraction-runs", "import-runs", "jobs"]
)
def test_every_item_of_a_list_is_what_its_own_address_answers(everything, reader, path):
    items = [item for page in walk(reader, f"/{path}?page_size=3") for item in page]
    assert len(items) >= 2
    for item in items:
        assert item == reader.get(f"/{path}/{item['id']}").json()


def test_items_of_a_list_below_a_parent_are_what_their_own_addresses_answer(everything, reader):
    for article in Article.objects.all():
        for claim in reader.get(f"/articles/{article.pk}/claims").json()["results"]:
            assert claim == reader.get(f"/claims/{claim['id']}").json()
        for version in reader.get(f"/articles/{article.pk}/versions").json()["results"]:
            single = reader.get(f"/article-versions/{version['id']}").json()
            assert single.pop("text")
            assert version == single
    for claim in Claim.objects.all():
        for appearance in reader.get(f"/claims/{claim.pk}/appearances").json()["results"]:
            assert appearance == reader.get(f"/appearances/{appearance['id']}").json()


def test_the_awkward_rows_are_really_among_them(everything, reader):
    claims = reader.get("/claims?page_size=200").json()["results"]
    assert {c["status"] for c in claims} >= {"candidate", "accepted", "rejected", "merged", "superseded"}
    assert {c["check_worthiness"] for c in claims} >= {None, *FLOATS}
    assert {c["article"] is None for c in claims} == {c["triaged_by"] is None for c in claims} == {True, False}
    assert {len(c["appearances"]) for c in claims} >= {0, 1}
    assert AWKWARD in [c["note"] for c in claims]
    articles = reader.get("/articles?page_size=200").json()["results"]
    assert "1605-11-05T01:02:03.004567Z" in [a["published_at"] for a in articles]
    assert {a["outlet"] is None for a in articles} == {a["published_at"] is None for a in articles} == {True, False}
    assert {len(a["versions"]) for a in articles} == {1, 2}
    failed = ImportRun.objects.get(failed=1)
    (row,) = reader.get(f"/import-runs/{failed.pk}/failed-rows").json()["results"]
    assert (row["line"], row["field"], row["code"], row["detail"]) == (3, "text", "wrong_type", AWKWARD)
    assert json.loads(row["raw"])["text"] == 7


def test_claims_found_by_two_people_show_each_what_that_person_may_do(ada, reader):
    make.claim(actor=ada)
    actions = {
        name: {a["action"] for a in client.get("/claims").json()["results"][0]["allowed_actions"] if a["allowed"]}
        for name, client in (("ada", api(ada)), ("reader", reader), ("narrow", api(ada, "read")))
    }
    assert actions == {"ada": {"accept", "reject", "defer", "merge", "split"}, "reader": set(), "narrow": set()}


# Filters


@pytest.fixture
def world() -> dict[str, Any]:
    return what_lists_narrow()


@remembered
def what_lists_narrow() -> dict[str, Any]:
    """Two articles and six claims that differ in everything a list may be narrowed by."""
    prices = make.article(
        "Prices rose.", title="Prices rise again", outlet="Wire", language="en", url="https://wire.example/prices",
        published_at=START,
    )  # fmt: skip
    wages = make.article(
        "Wages fell.", title="Зарплати впали", outlet="Газета", language="uk", published_at=START + timedelta(days=7)
    )
    orphan = make.article("Nobody printed this.", title="Wages and prices")

    def claim(text: str, **fields: Any) -> Claim:
        if "triage_status" in fields:
            fields |= {"triaged_by": made_ada(), "triaged_at": START}
        return Claim(text=text, updated_at=fields.pop("updated_at", START), **fields)

    accepted = claim("accepted", triage_status="accepted", risk="high", check_worthiness=0.9, article=prices, language="en",
                     kind="change", quantities=[{"value": 2}], gaps=["baseline_without_number"], claimant="NBU")  # fmt: skip
    Claim.objects.bulk_create(
        [
            accepted,
            claim("candidate", check_worthiness=0.5, article=prices, language="en", gaps=["a", "b"], claimant="Nbu"),
            claim("rejected", triage_status="rejected", triage_reason="opinion", check_worthiness=0.1, article=wages,
                  language="uk", modality="forecast", kind="number", quantities=[{"value": 1}]),
            claim("deferred", triage_status="deferred", triage_reason="other", article=wages, language="uk",
                  is_manual=True, modality="denied"),
            claim("merged", triage_status="merged", triage_reason="duplicate", merged_into=accepted, is_manual=True),
            claim("the quick brown fox", updated_at=START + timedelta(days=1), is_manual=True),
        ]
    )  # fmt: skip
    return {
        "prices": prices, "wages": wages, "orphan": orphan, "accepted": accepted,
        "wire": prices.outlet, "gazeta": wages.outlet,
    }  # fmt: skip


ALL = {"accepted", "candidate", "rejected", "deferred", "merged", "the quick brown fox"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("article={prices.pk}", {"accepted", "candidate"}),
        ("article={prices.pk},{wages.pk}", {"accepted", "candidate", "rejected", "deferred"}),
        ("outlet={wire.pk}", {"accepted", "candidate"}),
        ("outlet={wire.pk},{gazeta.pk}", {"accepted", "candidate", "rejected", "deferred"}),
        ("status=accepted", {"accepted"}),
        ("status=accepted,rejected", {"accepted", "rejected"}),
        ("kind=change", {"accepted"}),
        ("kind=change,number", {"accepted", "rejected"}),
        ("modality=forecast", {"rejected"}),
        ("modality=forecast,denied", {"rejected", "deferred"}),
        ("risk=high", {"accepted"}),
        ("risk=high,normal", ALL),
        ("language=uk", {"rejected", "deferred"}),
        ("language=uk,en", {"accepted", "candidate", "rejected", "deferred"}),
        ("claimant=nbu", {"accepted", "candidate"}),
        ("has_number=true", {"accepted", "rejected"}),
        ("has_number=false", ALL - {"accepted", "rejected"}),
        ("is_manual=true", {"deferred", "merged", "the quick brown fox"}),
        ("is_manual=false&has_number=false", {"candidate"}),
        ("gap=b", {"candidate"}),
        ("gap=baseline_without_number", {"accepted"}),
        ("check_worthiness_min=0.5", {"accepted", "candidate"}),
        ("check_worthiness_max=0.5", {"candidate", "rejected"}),
        ("check_worthiness_min=0.2&check_worthiness_max=0.8", {"candidate"}),
        ("merged_into={accepted.pk}", {"merged"}),
        ("updated_since=2025-07-03T00:00:00Z", {"the quick brown fox"}),
        ("updated_since=2025-07-03T02:00:00%2B02:00", {"the quick brown fox"}),
        ("search=fox quick", {"the quick brown fox"}),
        ('search="quick fox"', set()),
        ('search="quick brown"', {"the quick brown fox"}),
        ("search=fox OR merged", {"the quick brown fox", "merged"}),
        ("search=quick -fox", set()),
        ("search=FOX", {"the quick brown fox"}),
        ("search=& | ! ( ' : * <->", set()),
        ("article={prices.pk}&status=candidate&check_worthiness_min=0.5", {"candidate"}),
        ("article=01890000-0000-7000-8000-000000000000", set()),
    ],
)
def test_claims_are_narrowed(world, reader, query, expected):
    query = query.format_map(world).replace("&  ", "").replace(" & ", " %26 ").replace("search=&", "search=%26")
    response = reader.get(f"/claims?{query}")
    assert response.status_code == 200, response.content
    assert {row["text"] for row in response.json()["results"]} == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"prices", "wages", "orphan"}),
        ("outlet={wire.pk}", {"prices"}),
        ("outlet={wire.pk},{gazeta.pk}", {"prices", "wages"}),
        ("language=uk", {"wages"}),
        ("language=uk,en", {"prices", "wages"}),
        ("url=HTTPS://WIRE.example:443/prices/?utm_source=x", {"prices"}),
        ("url=https://wire.example/other", set()),
        ("url=no address", set()),
        ("published_after=2025-07-03T00:00:00Z", {"wages"}),
        ("published_after=2025-07-02T00:00:00Z", {"prices", "wages"}),
        ("published_before=2025-07-09T00:00:00Z", {"prices"}),
        ("search=prices", {"prices", "orphan"}),
        ("search=зарплати", {"wages"}),
        ("fingerprint={fingerprint}", {"prices"}),
        ("fingerprint=0", set()),
    ],
)
def test_articles_are_narrowed(world, reader, query, expected):
    names = {str(world[name].pk): name for name in ("prices", "wages", "orphan")}
    world["fingerprint"] = world["prices"].versions.get().text_fingerprint
    response = reader.get(f"/articles?{query.format_map(world)}")
    assert response.status_code == 200, response.content
    assert {names[row["id"]] for row in response.json()["results"]} == expected


def test_an_article_with_one_text_in_two_versions_is_found_once(reader):
    for text in ("One.", "Two.", "Three."):
        article = make.article(text, url="https://example.org/a")
    # An import does not do this; a fingerprint of another release might.
    first = article.versions.get(number=1)
    mark = first.text_fingerprint
    first.pk, first.number, first._state.adding = uuid7(), 4, True
    first.save()
    rows = reader.get(f"/articles?fingerprint={mark}&ordering=-published_at").json()["results"]
    assert [row["id"] for row in rows] == [str(article.pk)]


def test_the_other_lists_are_narrowed(everything, reader):
    def found(path: str) -> list[str]:
        return [row["id"] for row in reader.get(path).json()["results"]]

    def keys(queryset: Any) -> list[str]:
        return [str(pk) for pk in queryset.order_by("-id").values_list("pk", flat=True)]

    appearance = Appearance.objects.select_related("article_version").earliest("id")
    version, article = appearance.article_version_id, appearance.article_version.article_id
    assert found(f"/appearances?claim={appearance.claim_id}") == keys(
        Appearance.objects.filter(claim=appearance.claim_id)
    )
    assert found(f"/appearances?article_version={version}") == keys(Appearance.objects.filter(article_version=version))
    assert found(f"/appearances?article={article}") == keys(Appearance.objects.filter(article_version__article=article))
    assert found(f"/extraction-runs?article_version={version}") == keys(ExtractionRun.objects.filter(version=version))
    assert found(f"/extraction-runs?article={article}") == keys(ExtractionRun.objects.filter(version__article=article))
    assert len(found("/extraction-runs?status=queued")) == ExtractionRun.objects.filter(status="queued").count() == 2
    assert found("/extraction-runs?status=queued,done") == keys(ExtractionRun.objects.all())
    assert found("/import-runs?state=failed") == keys(ImportRun.objects.filter(state="failed"))
    assert found("/import-runs?state=failed,done") == keys(ImportRun.objects.all())
    assert found("/outlets?name=WIRE") == keys(Outlet.objects.filter(name="Wire"))
    assert found("/outlets?name=nobody") == []
    assert len(found("/jobs?state=queued")) == Job.objects.filter(state="queued").count()
    assert len(found("/jobs?state=queued&kind=extract")) == 2


def test_a_misspelt_filter_is_refused_with_the_right_one_instead_of_answering_with_everything(reader):
    problem = assert_problem(reader.get("/api/v1/claims?stauts=x"), 400, "unknown_parameter")
    (error,) = problem["errors"]
    assert error["parameter"] == "stauts"
    assert "Did you mean 'status'?" in error["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "status=open", "status=accepted,open", "kind=x", "modality=x", "risk=low", "article=7", "outlet=x",
        "has_number=maybe", "has_number=True", "is_manual=2", "merged_into=x", "updated_since=yesterday", "check_worthiness_min=2",
        "check_worthiness_min=-0.1", "check_worthiness_max=NaN", "check_worthiness_max=1e999", "search=%00", "claimant=%00",
        "ordering=text", "ordering=-", "page_size=0", "page_size=201", "count=all", "status=accepted&status=rejected",
    ],
)  # fmt: skip
def test_a_value_that_means_nothing_is_refused_and_named(reader, query):
    name = query.partition("=")[0]
    response = reader.get(f"/claims?{query}")
    problem = assert_problem(response, 400, "invalid_parameter")
    assert {error["parameter"] for error in problem["errors"]} == {name}


@pytest.mark.parametrize(
    ("time", "articles", "claims"), [("0001-01-01T00:00:00%2B14:00", 2, 6), ("9999-12-31T23:59:59-14:00", 0, 0)]
)
def test_a_time_at_the_edge_of_the_calendar_is_a_time(world, reader, time, articles, claims):
    assert len(reader.get(f"/articles?published_after={time}").json()["results"]) == articles
    assert len(reader.get(f"/claims?updated_since={time}").json()["results"]) == claims


# Orderings


def ordered(items: list[dict[str, Any]], key: str, is_descending: bool) -> list[str]:
    """Keys of the items as they should come: nulls last in both directions, ties by id."""
    with_value = sorted(
        (i for i in items if i[key] is not None), key=lambda i: (i[key], i["id"]), reverse=is_descending
    )
    without = sorted((i for i in items if i[key] is None), key=lambda i: i["id"], reverse=is_descending)
    return [i["id"] for i in with_value + without]


@pytest.fixture
def tied() -> None:
    """23 claims and 23 articles: a few values shared by several, and nulls."""
    worths = [0.5] * 5 + [None] * 6 + [0.1234567] * 4 + [0.9] * 3 + [0.0, 1.0, 0.3, 0.30000000000000004, 1e-7]
    shuffled = random.Random(7)
    shuffled.shuffle(worths)
    Claim.objects.bulk_create(
        Claim(text=f"claim {n}", check_worthiness=worth, updated_at=START + timedelta(microseconds=n % 4))
        for n, worth in enumerate(worths)
    )
    times = [None if n % 3 == 0 else START + timedelta(microseconds=n % 5) for n in range(23)]
    Article.objects.bulk_create(
        Article(title=f"article {n}", identity=f"tied {n}", published_at=time) for n, time in enumerate(times)
    )


WALKS = [
    (path, sign + key)
    for path, keys in (
        ("claims", ("check_worthiness", "created_at", "updated_at")),
        ("articles", ("published_at", "created_at")),
    )
    for key in keys
    for sign in ("", "-")
]


@pytest.mark.parametrize("page_size", [1, 4, 23])
@pytest.mark.parametrize(("path", "ordering"), WALKS)
def test_a_walk_meets_every_row_once_and_in_order(tied, reader, path, ordering, page_size):
    whole = reader.get(f"/{path}?page_size=200").json()["results"]
    key = ordering.removeprefix("-")
    expected = ordered(whole, "id" if key == "created_at" else key, ordering.startswith("-"))
    pages = list(walk(reader, f"/{path}?ordering={ordering}&page_size={page_size}"))
    assert [item["id"] for page in pages for item in page] == expected
    assert [len(page) for page in pages[:-1]] == [page_size] * (len(pages) - 1)


def insertions(path: str, ordering: str) -> Iterator[None]:
    """Rows with equal, smaller, greater and no sort key; and a change of every row that is here, beside that key."""
    for n in range(100):
        if path == "claims":
            worth = (0.5, None, 0.9, 0.0, 0.1234567)[n % 5]
            Claim.objects.create(
                text=f"new {n}", check_worthiness=worth, updated_at=START + timedelta(microseconds=n % 6 - 1)
            )
            Claim.objects.filter(text__startswith="claim").update(triage_note=f"changed {n}")
        else:
            time = None if n % 3 == 0 else START + timedelta(microseconds=n % 7 - 1)
            Article.objects.create(title=f"new {n}", identity=f"new {n}", published_at=time)
            Article.objects.filter(title__startswith="article").update(byline=f"changed {n}")
        yield


@pytest.mark.parametrize("page_size", [2, 7])
@pytest.mark.parametrize(("path", "ordering"), WALKS)
def test_rows_that_come_and_change_during_a_walk_make_it_miss_and_repeat_none(tied, reader, path, ordering, page_size):
    present = {item["id"] for item in reader.get(f"/{path}?page_size=200").json()["results"]}
    change = insertions(path, ordering)
    met: list[str] = []
    for page in walk(reader, f"/{path}?ordering={ordering}&page_size={page_size}"):
        met += [item["id"] for item in page]
        if len(met) < 40:  # what is inserted ahead of the walk is met too: it has to end some time
            next(change)
    assert len(met) == len(set(met))
    assert present <= set(met)


def test_following_changes_from_the_oldest_misses_no_claim_that_changes_meanwhile(tied, reader):
    present = {item["id"] for item in reader.get("/claims?page_size=200").json()["results"]}
    seen: dict[str, int] = {}
    late = iter(Claim.objects.order_by("id").values_list("pk", flat=True)[:6])
    for page in walk(reader, "/claims?ordering=updated_at&page_size=3"):
        seen |= {item["id"]: item["version"] for item in page}
        if pk := next(late, None):
            Claim.objects.filter(pk=pk).update(version=2, updated_at=START + timedelta(days=1))
    # A changed claim moves to the end and is met there, in its newest state.
    changed = {str(pk): version for pk, version in Claim.objects.values_list("pk", "version")}
    assert present == set(seen)
    assert seen == changed


def test_a_filter_holds_through_the_walk(tied, reader):
    met = [
        c
        for page in walk(reader, "/claims?ordering=-check_worthiness&check_worthiness_min=0.4&page_size=2")
        for c in page
    ]
    assert [c["check_worthiness"] for c in met] == [1.0, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("other", ["/claims?ordering=check_worthiness", "/claims?ordering=-created_at", "/articles?"])
def test_a_cursor_is_good_for_its_own_list_and_ordering_only(tied, reader, other):
    address = reader.get("/claims?ordering=-check_worthiness&page_size=5").json()["next"]
    cursor = next(part for part in address.partition("?")[2].split("&") if part.startswith("cursor="))
    assert_problem(reader.get(f"{other}&{cursor}"), 422, "invalid_cursor")


# What a page costs


@pytest.mark.parametrize("signed_in_by", ["token", "session"])
@pytest.mark.parametrize("query", ["", "?ordering=-check_worthiness&status=candidate", "?search=claim&page_size=3"])
def test_a_page_of_claims_is_one_query_beside_those_of_signing_in(tied, signed_in_by, query):
    gus = make.user("gus", "auditor")
    if signed_in_by == "token":
        client = api(gus)
    else:
        client = Api()
        client.force_login(gus)
    client.get("/me")  # notes that the token was used, once a minute
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/claims{query}")
    assert response.status_code == 200
    assert len(response.json()["results"]) >= 3
    statements = [query["sql"] for query in queries]
    assert len([sql for sql in statements if "claims_" in sql]) == 1
    assert len(statements) == 3
    assert not [sql for sql in statements if "COUNT(" in sql.upper()]


def plan_of(client: Api, address: str) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    (statement,) = (query["sql"] for query in queries if "json_build_object" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        return cursor.fetchone()[0][0]["Plan"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps that make the page; what each row of it looks up for itself is left out."""
    if plan.get("Parent Relationship") != "SubPlan":
        yield plan
        for child in plan.get("Plans", ()):
            yield from nodes(child)


def scans(client: Api, address: str, table: str) -> set[str]:
    """How the table is read: the names of indexes, or the kinds of other scans. Sorting and filtering count as well."""
    found = set()
    for node in nodes(plan_of(client, address)):
        if "Sort" in node["Node Type"]:
            found.add(node["Node Type"])
        if node.get("Relation Name") == table:
            found.add(node.get("Index Name", node["Node Type"]))
            if "Filter" in node:
                found.add(f"Filter: {node['Filter']}")
    return found


def test_unique_keys_are_made_in_the_order_of_time():
    keys = [uuid7() for _ in range(1000)]
    assert keys == sorted(keys)

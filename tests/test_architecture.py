"""The house stays as CONTRIBUTING draws it: data flows one way, knowledge is plain, and editorial rows have one writer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIRST_PARTY = ("factcheck", "claims", "reviews", "tests")
PLAIN = (
    "claims.text", "claims.encoding", "claims.charsets", "claims.identity", "claims.triage", "claims.withdrawal", "claims.extraction", "claims.matching", "claims.sources", "reviews.agreement",
    "reviews.priority", "reviews.staffing", "reviews.facts", "reviews.guards", "reviews.reasons", "reviews.stages", "reviews.policy", "reviews.words",
    "reviews.commenting", "reviews.corrections", "reviews.notices",
    "reviews.publication",
)  # fmt: skip
PLATFORM = (
    "factcheck.answers", "factcheck.copying", "factcheck.errors", "factcheck.ids", "factcheck.jobs", "factcheck.models", "factcheck.audit", "factcheck.fetch",
    "factcheck.accounts.models", "factcheck.database", "factcheck.workers", "factcheck.notifications",
    "factcheck.webhooks",
)  # fmt: skip
ANYTHING = ("factcheck.urls", "factcheck.celery", "factcheck.checks", "factcheck.management", "factcheck.settings")
EDGES = ("serializers", "forms", "views", "filters", "admin", "tasks", "urls", "management")
WRITES = {
    "save",
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "delete",
    "asave",
    "acreate",
}


def modules() -> dict[str, Path]:
    found = {}
    for top in FIRST_PARTY[:3]:
        for path in (ROOT / top).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if ".migrations" not in name:
                found[name] = path
    return found


MODULES = modules()


@cache
def imports(name: str) -> tuple[str, ...]:
    """Every module that `name` imports, wherever in the file; of `from a import b` both a and, when it is a module, a.b."""
    return tuple(_imports(name))


def _imports(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{name} imports relatively"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            submodules = [module for module in inner if module in MODULES]
            yield from submodules
            # `from claims import text` asks for the module, not for what the package itself imports.
            if len(submodules) < len(inner):
                yield node.module


def is_under(module: str, *tops: str) -> bool:
    return any(module == top or module.startswith(top + ".") for top in tops)


def offences(of: tuple[str, ...], is_wrong) -> list[str]:
    return [
        f"{name} -> {other}" for name in MODULES if is_under(name, *of) for other in imports(name) if is_wrong(other)
    ]


def test_the_checks_see_the_modules_and_their_imports():
    assert "claims.pipeline.importing" in MODULES
    assert "claims.models" in set(imports("claims.pipeline.importing"))


def test_claims_know_nothing_of_reviews():
    assert offences(("claims",), lambda other: is_under(other, "reviews")) == []


def test_nothing_imports_the_tests():
    assert offences(FIRST_PARTY[:3], lambda other: is_under(other, "tests")) == []


def test_the_platform_knows_no_editorial_app_except_where_everything_is_wired():
    wrong = [
        offence
        for offence in offences(("factcheck",), lambda other: is_under(other, "claims", "reviews"))
        if not is_under(offence.split(" -> ")[0], *ANYTHING)
    ]
    assert wrong == []


def test_knowledge_is_plain_values():
    assert offences(PLAIN, lambda other: is_under(other, "django", "rest_framework", "celery", "factcheck")) == []


def test_knowledge_imports_only_knowledge():
    wrong = offences(PLAIN, lambda other: is_under(other, *FIRST_PARTY) and not is_under(other, *PLAIN, "claims"))
    assert wrong == []
    assert offences(PLAIN, lambda other: is_under(other, "claims.models", "claims.pipeline")) == []


def test_models_rest_on_knowledge_and_the_platform_alone():
    assert (
        offences(
            ("claims.models",),
            lambda o: is_under(o, *FIRST_PARTY) and not is_under(o, *PLAIN, *PLATFORM, "claims.models"),
        )
        == []
    )


def test_the_pipeline_imports_what_lies_below_it():
    def is_wrong(other: str) -> bool:
        below = (*PLAIN, *PLATFORM, "claims.models", "claims.pipeline")
        return is_under(other, *FIRST_PARTY) and not is_under(other, *below)

    assert [o for o in offences(("claims.pipeline",), is_wrong) if not o.endswith(" -> claims")] == []


def test_evidence_returns_bytes_and_hashes_and_knows_no_row():
    allowed = ("reviews.evidence", "claims.text", "claims.charsets", "factcheck.fetch", "factcheck.errors")

    def is_wrong(other: str) -> bool:
        return is_under(other, "django.db") or (is_under(other, *FIRST_PARTY) and not is_under(other, *allowed))

    assert offences(("reviews.evidence",), is_wrong) == []
    assert "factcheck.fetch" in set(imports("reviews.evidence.capturing")), "the check has gone blind"


def test_the_models_of_reviews_rest_on_those_of_claims_and_on_knowledge():
    allowed = (*PLAIN, *PLATFORM, "claims.models", "reviews.models")
    assert offences(("reviews.models",), lambda o: is_under(o, *FIRST_PARTY) and not is_under(o, *allowed)) == []


# Of claims they see rows and the table of triage. What tells claims of a fact-check that was published is two verbs of the pipeline.
BELOW_THE_WORKFLOW = (
    *PLAIN, *PLATFORM, "factcheck.accounts.roles", "claims.models", "reviews.models", "reviews.digests", "reviews.queue", "reviews.evidence",
    "reviews.attention",
)  # fmt: skip


def test_the_workflow_of_reviews_imports_what_lies_below_it():
    below = (*BELOW_THE_WORKFLOW, "reviews.sealed", "reviews.workflow")
    wrong = offences(("reviews.workflow",), lambda o: is_under(o, *FIRST_PARTY) and not is_under(o, *below))
    assert [offence for offence in wrong if not offence.endswith(" -> reviews")] == [
        "reviews.workflow.publishing -> claims.pipeline"
    ]
    verbs = set(re.findall(r"\bpipeline\.(\w+)", MODULES["reviews.workflow.publishing"].read_text()))
    assert verbs == {"record_fact_check", "withdraw_fact_check"}
    assert "reviews.models" in set(imports("reviews.workflow.rating")), "the check has gone blind"


def test_questions_to_reviews_never_ask_the_workflow():
    def is_wrong(other: str) -> bool:
        return is_under(other, *FIRST_PARTY) and not is_under(other, *BELOW_THE_WORKFLOW)

    wrong = offences(("reviews.queue", "reviews.digests", "reviews.attention"), is_wrong)
    assert [offence for offence in wrong if not offence.endswith(" -> reviews")] == []


SEALED = ("SealedVerdict", "VerdictDraft", "reviews_verdict")


def test_sealed_verdicts_are_known_to_the_workflow_alone():
    """`reviews.apps` registers their tables, and uses none of them."""
    outside = [name for name in MODULES if not is_under(name, "reviews.workflow", "reviews.sealed")]
    assert [name for name in outside if "reviews.sealed" in set(imports(name))] == ["reviews.apps"]
    texts = {name: MODULES[name].read_text() for name in outside}
    assert [(name, word) for name, text in texts.items() for word in SEALED if re.search(rf"\b{word}\b", text)] == [
        ("reviews.models", "SealedVerdict")  # its docstring says where they are
    ]
    assert ast.get_docstring(ast.parse(texts["reviews.models"])).count("SealedVerdict") == texts[
        "reviews.models"
    ].count("SealedVerdict")


def test_sealed_verdicts_are_reached_through_no_relation():
    """Neither a seat nor a user, a scale or a round leads to them: `related_name="+"` on every key."""
    from django.db import models

    from reviews.sealed import SealedVerdict, VerdictDraft

    for model in (SealedVerdict, VerdictDraft):
        keys = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
        assert keys
        assert {field.name for field in keys if not field.remote_field.hidden} == set()


def test_models_never_import_serializers_nor_knowledge_its_users():
    edges = tuple(f"claims.{edge}" for edge in EDGES)
    assert offences(("claims.models", "claims.pipeline", *PLAIN), lambda other: is_under(other, *edges)) == []


def written(name: str) -> list[str]:
    """Calls in this module that could write a row."""
    found = []
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            receiver = ast.unparse(node.func.value)
            is_query = ".objects" in receiver or receiver.endswith(("queryset", ".filter")) or "objects" in receiver
            if node.func.attr in WRITES and not receiver.startswith("super()"):
                found.append(f"{name}: {receiver}.{node.func.attr}()")
            elif node.func.attr == "update" and is_query:
                found.append(f"{name}: {receiver}.update()")
    return found


def test_only_the_pipeline_writes_editorial_rows():
    elsewhere = [name for name in MODULES if is_under(name, "claims") and not is_under(name, "claims.pipeline", *PLAIN)]
    assert [call for name in elsewhere for call in written(name)] == []
    assert written("claims.pipeline.triaging"), "the check has gone blind"


def test_only_the_workflow_writes_rows_of_reviews():
    # `reviews.evidence` writes files, and knows no model.
    writers = ("reviews.workflow", "reviews.evidence")
    elsewhere = [name for name in MODULES if is_under(name, "reviews") and not is_under(name, *writers, *PLAIN)]
    assert offences(("reviews.evidence",), lambda other: is_under(other, "reviews.models", "django.db")) == []
    assert [call for name in elsewhere for call in written(name)] == []
    assert written("reviews.workflow.rating"), "the check has gone blind"


BACKTRACKING = {
    "re",
    "regex",
    "sre_compile",
    "sre_parse",
    "_sre",
    "fnmatch",
    "RegexValidator",
    "RegexField",
    "regex_helper",
}
# Whoever may import by a name or run a text may import anything.
UNSEEN = {"import_module", "__import__", "importlib", "eval", "exec"}


def backtracking(source: str) -> set[str]:
    """The words by which a module could run a pattern that takes choices back, in Python or in the database."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                found |= {step for alias in node.names for step in alias.name.split(".")}
            case ast.ImportFrom():
                found |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}
            case ast.Attribute():
                found.add(node.attr)
            case ast.Name():
                found.add(node.id)
            case ast.keyword() | ast.Constant(value=str()):
                told = node.arg if isinstance(node, ast.keyword) else node.value
                found |= {"regex"} if str(told).endswith(("__regex", "__iregex")) else set()
    return found & (BACKTRACKING | UNSEEN)


@pytest.mark.parametrize(
    "source",
    [
        "import re", "import re as r", "from re import compile", "import regex", "import os, re", "import re._compiler", "import sre_compile",
        "def f():\n    import re", "from html.parser import re", "import textwrap; textwrap.re.compile(x)", "from importlib import import_module",
        "__import__('r' + 'e')", "exec('import ' + x)", "from django.core.validators import RegexValidator", "from fnmatch import fnmatch",
        "Claim.objects.filter(text__iregex=x)", "Claim.objects.filter(**{'text__regex': x})",
    ],
)  # fmt: skip
def test_no_way_round_the_linear_patterns_is_overlooked(source):
    assert backtracking(source)
    assert not backtracking("import re2\nfrom re2 import compile\nre2.compile(x)\nre2.search(x, text)")


# Who may, and why their text is not foreign or their pattern has nothing to take back.
MAY_BACKTRACK = {
    "claims.extraction.tokens": {
        "re"
    },  # each alternative is decided by its first character; its growth is measured in the benchmarks
    "factcheck.routes": {"re", "importlib", "import_module"},  # our own addresses, and the tables of our own apps
    "factcheck.embedded": {"importlib"},  # where our own packages lie
    "reviews.evidence.reading": {"importlib"},  # which release of the extractor it is
}


def test_patterns_on_foreign_text_run_in_linear_time():
    """Python's `re` takes seconds on a few hostile characters; google-re2 does not."""
    used = {name: backtracking(path.read_text()) for name, path in MODULES.items()}
    assert {name: words for name, words in used.items() if words} == MAY_BACKTRACK


CLIENTS = (
    "aiohttp", "asyncio", "ftplib", "http.client", "httpx", "pycurl", "requests", "smtplib", "socket", "ssl", "telnetlib", "urllib.request",
    "urllib3", "xmlrpc",
)  # fmt: skip
# They listen, or look whether our own services do.
OWN_SERVICES = ("factcheck.embedded", "factcheck.health", "factcheck.management.commands.up")


def test_only_the_guarded_fetcher_makes_requests():
    users = offences(("factcheck", "claims", "reviews"), lambda other: is_under(other, *CLIENTS))
    assert [use for use in users if not is_under(use.split(" -> ")[0], "factcheck.fetch", *OWN_SERVICES)] == []
    assert "factcheck.fetch.wire -> socket" in users, "the check has gone blind"


def test_pages_are_not_downloaded_by_their_reader():
    """trafilatura can fetch and lxml can load a URL: both are given text."""
    calls = [
        f"{name}: {ast.unparse(node.func)}()"
        for name in MODULES
        for node in ast.walk(ast.parse(MODULES[name].read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("fetch_url", "fetch_response", "urlopen")
    ]
    assert calls == []
    assert offences(FIRST_PARTY[:3], lambda other: is_under(other, "trafilatura.downloads", "trafilatura.spider")) == []

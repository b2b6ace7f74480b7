"""The demo can be shown: people for every role, and articles that hold claims."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command

from claims.models import Article, ArticleVersion
from factcheck.accounts import demo
from factcheck.accounts.models import User
from factcheck.accounts.roles import ROLES
from factcheck.audit.models import AuditEvent
from factcheck.models import Job
from reviews import publication
from reviews.models import FactCheck, SnapshotCheck
from reviews.publication import documents

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence_folder")]


def load():
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


def test_the_cast_can_staff_a_disagreement():
    demo.load_cast()
    assert {role: User.objects.filter(groups__name=role).count() for role in ROLES} == {
        "importer": 1,
        "triager": 1,
        "researcher": 1,
        "reviewer": 3,
        "adjudicator": 1,
        "editor": 2,
        "corrections": 1,
        "auditor": 1,
        "admin": 1,
    }
    assert User.objects.filter(is_superuser=True).values_list("username", flat=True).get() == "admin"


def test_everybody_signs_in_to_the_admin_with_the_password_that_is_printed(client):
    lines = load().splitlines()
    assert len(lines) == 1 + len(demo.CAST)
    for line in lines[1:]:
        username, password, _ = line.split(maxsplit=2)
        assert client.login(username=username, password=password)
        assert client.get("/admin/").status_code == 200


def test_loading_says_nothing_of_imports_and_workers(capfd):
    printed = load()
    assert [word for word in ("worker", "rows", "Run ") if word in printed] == []
    assert capfd.readouterr() == ("", "")


def test_loading_again_changes_nothing():
    def rows():
        return [list(model.objects.order_by("pk").values()) for model in (Article, ArticleVersion)] + [
            [(user.pk, user.password, user.roles) for user in User.objects.order_by("pk")]
        ]

    load()
    before = rows()
    assert len(before[0]) == 10
    load()
    assert rows() == before


def test_a_changed_password_stays_and_is_not_printed(client):
    load()
    ada = User.objects.get(username="ada")
    ada.set_password("something else")
    ada.save()
    assert "ada    (changed)" in load()
    assert client.login(username="ada", password="something else")


def test_what_is_published_was_published_by_the_cast_and_is_shown_to_readers(client):
    load()
    stages = Counter(public.review.stage for public in FactCheck.objects.select_related("review"))
    assert stages == {"published": 3, "retracted": 1}
    assert sorted(public.revisions.count() for public in FactCheck.objects.all()) == [1, 1, 1, 2]
    for public in FactCheck.objects.all():
        document = documents.read(public.revisions.latest("number").content)
        assert [each for found in publication.check(document).values() for each in found if not each.is_warning] == []
        assert document.claim.appearances
        assert all(source.sha256 for source in document.sources)
        assert document.headline in client.get(f"/fact-checks/{public.slug}").content.decode()
    assert client.get("/corrections").content.decode().count("<article>") == 2
    assert {event.actor.username for event in AuditEvent.objects.filter(action="publish")} == {"gwen"}
    assert SnapshotCheck.objects.exclude(outcome="sound").count() == 0
    assert not Job.objects.filter(kind="snapshot").exists()  # addresses that end in .example are nobody's

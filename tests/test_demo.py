"""The demo can be shown: people for every role, and articles that hold claims."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from claims.models import Article, ArticleVersion
from factcheck.accounts import demo
from factcheck.accounts.models import User
from factcheck.accounts.roles import ROLES

pytestmark = pytest.mark.django_db


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

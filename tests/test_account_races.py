"""Two who change one account at once: neither undoes what the other did."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.admin import UserAdmin
from django.db import connections
from django.test import Client

from factcheck.accounts import people
from factcheck.accounts.models import User
from tests import make


def set_password(user: User) -> None:
    try:
        with people.watching_password(user.pk, actor=user):
            user.set_password("a long phrase 7")
            user.save(update_fields=["password"])
    finally:
        connections.close_all()


def saved_while_the_owner_changes_the_password(monkeypatch: pytest.MonkeyPatch) -> User:
    """An administrator's form is read, then the owner changes the password or has to wait, then the form is saved."""
    boss, ada = make.user("boss", "admin", is_staff=True), make.user("ada", "triager")
    owner = threading.Thread(target=set_password, args=(User.objects.get(pk=ada.pk),))
    read = UserAdmin.get_object

    def meanwhile(*args: object) -> User | None:
        found = read(*args)
        owner.start()
        owner.join(0.5)
        return found

    monkeypatch.setattr(UserAdmin, "get_object", meanwhile)
    browser = Client()
    browser.force_login(boss)
    form = {
        "username": "ada",
        "first_name": "Ada",
        "groups": list(ada.groups.values_list("pk", flat=True)),
        "is_active": "on",
    }
    assert browser.post(f"/admin/accounts/user/{ada.pk}/change/", form).status_code == 302
    owner.join(30)
    ada.refresh_from_db()
    assert ada.first_name == "Ada"
    return ada


def test_a_form_of_the_admin_brings_no_old_password_back(committed_database, monkeypatch):
    assert saved_while_the_owner_changes_the_password(monkeypatch).check_password("a long phrase 7")


def test_without_the_lock_before_the_row_is_read_it_would(committed_database, monkeypatch):
    monkeypatch.setattr(people, "locked", lambda key: User.objects.get(pk=key))
    # Two writers of one chain of events would be refused by the record.
    monkeypatch.setattr(people.events, "record", lambda *args, **kwargs: None)
    assert saved_while_the_owner_changes_the_password(monkeypatch).check_password("secret-1")

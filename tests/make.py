"""Data for tests, built with the real verbs: a test never starts from a state that the product cannot reach."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group

from claims import pipeline
from claims.models import Article, Claim
from claims.sources.base import ArticleDraft, BadRow
from claims.sources.payload import draft_of_payload
from factcheck.accounts.models import User


def user(username: str, *roles: str, **fields: Any) -> User:
    """Somebody with these roles; the one of that name that is here already gets them too."""
    person = User.objects.filter(username=username).first() or User.objects.create_user(
        username, password="secret-1", **fields
    )
    person.groups.add(*Group.objects.filter(name__in=roles))
    assert set(roles) <= set(person.groups.values_list("name", flat=True)), f"unknown role among {roles}"
    return User.objects.get(pk=person.pk)


def draft(text: str, *, published_at: datetime | None = None, **fields: Any) -> ArticleDraft:
    if published_at:
        fields["published_at"] = published_at.isoformat()
    made = draft_of_payload({"text": text, **fields})
    assert not isinstance(made, BadRow), made
    return made


def article(text: str = "Prices doubled in a year, the bank said.", **fields: Any) -> Article:
    """An imported article with its extraction queued; fields as the API takes them (title, url, outlet, ...)."""
    outcome = pipeline.import_article(draft(text, **fields))
    return Article.objects.get(pk=outcome.article_id)


def claim(text: str = "Prices doubled in a year.", *, actor: User | None = None, **fields: Any) -> Claim:
    """A claim written by hand."""
    return pipeline.add_claim(actor=actor or user("ada", "importer", "triager"), text=text, **fields)

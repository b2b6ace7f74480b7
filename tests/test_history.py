"""Rows are kept as they were before each change, whoever makes it, and lead to the event that says why."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone
from pghistory.core import event_models

from claims import pipeline
from claims.models import Appearance, Article, Claim, ClaimMatch, EarlierFactCheck, Outlet
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.accounts.models import Membership, Token, User
from factcheck.audit import events
from factcheck.audit.past import past_around, past_model, past_of
from factcheck.webhooks.models import WebhookEndpoint
from reviews.facts import Stage
from reviews.models import Draft, Evidence, ReplyRequest
from tests import make

SENTENCE = "Exports fell by 40 per cent in 2023, the ministry said."
EDITABLE: tuple[type[Model], ...] = (
    Appearance, Article, Claim, ClaimMatch, Draft, EarlierFactCheck, Evidence, Membership, Outlet, ReplyRequest, Token, User,
    WebhookEndpoint,
)  # fmt: skip


def kept(model: type[Model], *columns: str) -> list[tuple[Any, ...]]:
    return list(past_model(model).objects.order_by("pgh_id").values_list(*columns))


def statement(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.fixture
def ada(db):
    return make.user("ada", "importer", "triager")


@pytest.fixture
def claim(ada):
    return make.claim("Rents tripled.", actor=ada)


def test_what_people_edit_is_kept():
    assert {kept.pgh_tracked_model for kept in event_models()} == set(EDITABLE)


def test_a_claim_is_kept_as_it_was_before_each_change(claim, ada):
    pipeline.edit_claim(claim.pk, {"claimant": "The bank"}, actor=ada)
    pipeline.triage(claim.pk, TriageAction.REJECT, actor=ada, reason="opinion", note="A boast.")
    pipeline.triage(claim.pk, TriageAction.RESTORE, actor=ada)
    assert kept(Claim, "pgh_label", "id", "version", "claimant", "triage_status", "triage_note") == [
        ("update", claim.pk, 1, "", "candidate", ""),
        ("update", claim.pk, 2, "The bank", "candidate", ""),
        ("update", claim.pk, 3, "The bank", "rejected", "A boast."),
    ]


def test_a_span_that_a_person_moved_is_kept_where_it_was(ada):
    article = make.article(SENTENCE)
    claim = make.claim("Exports fell.", actor=ada, version_id=article.versions.get().pk, start=0, end=12)
    pipeline.edit_claim(claim.pk, {"span": {"start": 0, "end": 35}}, actor=ada)
    assert kept(Appearance, "claim", "start", "end", "quotation") == [(claim.pk, 0, 12, SENTENCE[:12])]


def test_bulk_writes_and_raw_statements_leave_the_row_as_it_was(claim):
    Claim.objects.filter(pk=claim.pk).update(claimant="by a query")
    claim.text = "by a bulk update"
    Claim.objects.bulk_update([claim], ["text"])
    statement("UPDATE claims_claim SET risk = 'high' WHERE id = %s", claim.pk)
    statement("DELETE FROM claims_claim WHERE id = %s", claim.pk)
    assert kept(Claim, "pgh_label", "claimant", "text", "risk") == [
        ("update", "", "Rents tripled.", "normal"),
        ("update", "by a query", "Rents tripled.", "normal"),
        ("update", "by a query", "by a bulk update", "normal"),
        ("delete", "by a query", "by a bulk update", "high"),
    ]


def test_what_machines_refresh_is_not_kept(claim, ada):
    Claim.objects.update(check_worthiness=0.5, contributions=[], rank_in_article=2, quantities=[], version=2)
    _, secret = tokens.issue(ada, name="laptop", scopes=["read"])
    tokens.record_use(tokens.find(secret))
    User.objects.update(last_login=timezone.now())
    assert Token.objects.get().last_used_at is not None
    assert [model for model in (Claim, Token, User) if kept(model)] == []


def test_a_new_article_costs_no_past_row_and_a_new_headline_one(ada):
    article = make.article(SENTENCE, url="https://wire.example/1", title="Exports fall")
    assert jobs.work("test") is True
    assert Claim.objects.exists()
    make.article(SENTENCE, url="https://wire.example/1", title="Exports fall")
    assert [model for model in (Article, Claim, Appearance, Outlet) if kept(model)] == []
    make.article(f"{SENTENCE} Nobody knows why.", url="https://wire.example/1", title="Exports fall again")
    assert kept(Article, "id", "title") == [(article.pk, "Exports fall")]


def test_an_outlet_that_was_renamed_is_kept(db):
    make.article(SENTENCE, outlet="Wire")
    statement("UPDATE claims_outlet SET name = 'Herald'")
    assert kept(Outlet, "name") == [("Wire",)]


def test_roles_are_kept_when_given_and_when_taken(ada):
    ada.groups.set(Group.objects.filter(name="editor"))
    assert kept(Membership, "pgh_label", "user__username", "group__name") == [
        ("insert", "ada", "importer"),
        ("insert", "ada", "triager"),
        ("delete", "ada", "importer"),
        ("delete", "ada", "triager"),
        ("insert", "ada", "editor"),
    ]


def test_no_secret_is_kept(ada):
    token, _ = tokens.issue(ada, name="laptop", scopes=["read"])
    tokens.revoke(token)
    ada.set_password("another-1")
    ada.email = "ada@facts.example"
    ada.save()
    [[past_token], [past_user]] = past_model(Token).objects.values(), past_model(User).objects.values()
    assert (past_token["prefix"], past_token["revoked_at"], past_user["email"]) == (token.prefix, None, "")
    assert not {"digest", "password"} & {*past_token, *past_user}


@pytest.fixture
def changed(ada):
    """One row of each kind, changed."""
    make.match_rows(ada)
    version = make.article(SENTENCE, outlet="Wire").versions.get()
    claim = make.claim("Exports fell.", actor=ada, version_id=version.pk, start=0, end=12)
    pipeline.edit_claim(claim.pk, {"text": "Exports grew.", "span": {"start": 0, "end": 35}}, actor=ada)
    tokens.revoke(tokens.issue(ada, name="laptop", scopes=["read"])[0])
    columns = {"article": "title", "outlet": "name", "claimmatch": "note", "earlierfactcheck": "rating"}
    for table, column in (*((f"claims_{model}", name) for model, name in columns.items()), ("accounts_user", "email")):
        statement(f"UPDATE {table} SET {column} = 'another'")
    room = make.newsroom()
    make.review(room, Stage.COPY_EDIT)
    item = make.evidence(room, make.review(room, Stage.RESEARCH, text="Another claim."))
    statement("UPDATE reviews_evidence SET title = 'another' WHERE id = %s", item.pk)
    statement("UPDATE reviews_replyrequest SET answer = 'Yes.', answered_at = now()")
    make.webhook_rows(room)
    statement("UPDATE webhooks_webhookendpoint SET description = 'another'")
    assert [model for model in EDITABLE if not kept(model)] == []


def test_the_database_refuses_every_change_of_past_rows(changed):
    for model, sql in product(EDITABLE, ("UPDATE {} SET transaction = 0", "DELETE FROM {}", "TRUNCATE {}")):
        before = kept(model)
        with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
            statement(sql.format(past_model(model)._meta.db_table))
        assert kept(model) == before


def test_no_session_switches_the_keeping_off(claim):
    """pgtrigger has a setting for that, which any session may make."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(tgname::text)::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'")
        [names] = cursor.fetchone()
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [names])
    Claim.objects.update(claimant="nobody saw it")
    assert len(kept(Claim)) == 1
    with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
        past_model(Claim).objects.all().delete()


# From an event to the rows as they were, and back


def test_an_event_leads_to_the_row_as_it_was_before_and_back(committed_database):
    ada = make.user("ada", "importer", "triager")
    claim = make.claim("Rents tripled.", actor=ada)
    pipeline.edit_claim(claim.pk, {"claimant": "The bank"}, actor=ada)
    pipeline.triage(claim.pk, TriageAction.REJECT, actor=ada, reason="opinion")
    created, edited, rejected = events.events(claim)

    assert past_around(created) == []
    [before_edit], [before_reject] = past_around(edited), past_around(rejected)
    assert (before_edit.subject_id, before_edit.row["claimant"], before_edit.row["version"]) == (claim.pk, "", 1)
    assert before_edit.data == {"claimant": ["", "The bank"], "revision": [1, 2]}
    assert before_reject.row["triage_status"] == "candidate"
    assert before_reject.data["triage_status"] == ["candidate", "rejected"]
    assert [past.event for past in past_of(Claim, pgh_obj=claim.pk)] == [rejected, edited]


def test_each_of_many_changes_in_one_transaction_leads_to_its_own_event(committed_database):
    ada = make.user("ada", "importer", "triager")
    claims = [make.claim(f"Rents rose {n} times.", actor=ada) for n in (2, 3)]
    pipeline.triage_many([(claim.pk, 1) for claim in claims], TriageAction.ACCEPT, actor=ada)
    for claim in claims:
        [past] = past_of(Claim, pgh_obj=claim.pk)
        assert (past.event.subject_id, past.event.action) == (claim.pk, "accept")
    assert [past.subject_id for past in past_around(past.event)] == [claim.pk for claim in claims]


def test_what_an_extractor_changed_leads_to_the_reading_of_its_article(committed_database, uncompared):
    article = make.article(SENTENCE, url="https://wire.example/1")
    assert jobs.work("test") is True
    claim = Claim.objects.get()
    make.article("Nothing was said.", url="https://wire.example/1")
    assert jobs.work("test") is True
    [past] = past_of(Claim, pgh_obj=claim.pk)
    assert past.data["triage_status"] == ["candidate", "superseded"]
    assert (past.event.action, past.event.subject_id) == ("extract", article.pk)


def test_a_row_changed_past_every_verb_has_no_event(committed_database):
    claim = make.claim("Rents tripled.")
    Claim.objects.update(claimant="slipped in")
    Claim.objects.all().delete()
    deleted, changed = past_of(Claim, pgh_obj=claim.pk)
    assert (changed.event, changed.change, changed.data) == (None, "update", {"claimant": ["", "slipped in"]})
    assert (deleted.event, deleted.change) == (None, "delete")
    assert deleted.data["text"] == ["Rents tripled.", None]

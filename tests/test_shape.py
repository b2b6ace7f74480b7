"""What the database writes for a list is what the serializer writes for one object."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.db.models import F
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.viewsets import GenericViewSet

from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from factcheck.api import shape
from factcheck.api.renderers import dumps
from tests.make import user

pytestmark = pytest.mark.django_db


class _User(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "username", "first_name", "is_machine", "date_joined", "last_login")


class _Token(serializers.ModelSerializer):
    owner = serializers.CharField(source="user.username")
    owner_id = serializers.UUIDField(source="user_id")
    user = _User()
    key = serializers.PrimaryKeyRelatedField(source="user", read_only=True)
    by = serializers.SlugRelatedField(source="user", slug_field="username", read_only=True)
    state = serializers.SerializerMethodField()

    sql = {"state": lambda at: F(at("name"))}

    class Meta:
        model = Token
        fields = ("id", "owner", "owner_id", "user", "key", "by", "name", "scopes", "created_at", "expires_at", "state")

    def get_state(self, token):
        return token.name


class _Owner(_User):
    tokens = _Token(many=True)

    class Meta(_User.Meta):
        fields = (*_User.Meta.fields, "tokens")


@pytest.fixture
def rows():
    ada = user("ada", "importer", first_name='Ada "ü" \\ \N{GRINNING FACE}\n</script>')
    User.objects.filter(pk=ada.pk).update(last_login=datetime(2026, 7, 2, 3, 4, 5, 60, UTC))
    user("zoe")
    tokens.issue(ada, name="one", scopes=["read"])
    tokens.issue(ada, name="two", scopes=["import", "read"], expires_at=datetime(2030, 1, 1, tzinfo=UTC))


def by_database(serializer, queryset, context=None):
    item = shape.as_text(serializer, queryset.model, context)
    return [json.loads(text) for text in queryset.annotate(_item=item).values_list("_item", flat=True)]


def by_serializer(serializer, queryset, context=None):
    return [json.loads(dumps(serializer(row, context=context or {}).data)) for row in queryset]


@pytest.mark.parametrize("serializer", [_User, _Token, _Owner])
def test_a_list_item_equals_the_single_object_field_by_field(rows, serializer):
    queryset = serializer.Meta.model.objects.order_by("pk")
    items = by_database(serializer, queryset)
    assert len(items) == 2
    assert items == by_serializer(serializer, queryset)
    assert [list(item) for item in items] == [list(serializer.Meta.fields)] * 2


def test_instants_are_utc_with_microseconds(rows):
    (ada, zoe) = by_database(_User, User.objects.order_by("username"))
    assert ada["last_login"] == "2026-07-02T03:04:05.000060Z"
    assert zoe["last_login"] is None


def test_a_list_inside_is_empty_never_null(rows):
    (zoe,) = by_database(_Owner, User.objects.filter(username="zoe"))
    assert zoe["tokens"] == []


def test_a_list_inside_follows_the_order_that_its_shape_names(rows):
    class Reversed(_Token):
        class Meta(_Token.Meta):
            ordering = ("name",)

    class Owner(_Owner):
        tokens = Reversed(many=True)

    def names(serializer):
        (ada,) = by_database(serializer, User.objects.filter(username="ada"))
        return [token["name"] for token in ada["tokens"]]

    assert Token._meta.ordering == ["-id"]
    assert names(_Owner) == ["two", "one"]
    assert names(Owner) == ["one", "two"]


def test_the_items_of_the_api_equal_its_single_objects(rows):
    """A foreign key that is null is null, not an object of nulls."""
    from claims.models import Article, Claim
    from claims.serializers import ArticleSerializer, ClaimSerializer
    from tests import make

    make.claim()
    make.article(title="With an outlet", outlet="Example Wire", published_at=datetime(2026, 7, 3, tzinfo=UTC))
    make.article("Another text, which has no outlet.")
    for serializer, model in ((ClaimSerializer, Claim), (ArticleSerializer, Article)):
        queryset = model.objects.order_by("pk")
        items = by_database(serializer, queryset)
        assert items
        assert items == by_serializer(serializer, queryset)
    assert {claim["article"] for claim in by_database(ClaimSerializer, Claim.objects.filter(article=None))} == {None}
    assert None in [article["outlet"] for article in by_database(ArticleSerializer, Article.objects.all())]


def test_an_expression_knows_where_it_stands_and_who_asks():
    class Mine(_Token):
        sql = {"state": lambda at: F(at(at.context["column"]))}

    class Owner(_Owner):
        tokens = Mine(many=True)

    ada = user("ada", "importer")
    token, _ = tokens.issue(ada, name="one", scopes=["read"])
    for column, value in (("name", "one"), ("prefix", token.prefix)):
        (item,) = by_database(Owner, User.objects.all(), {"column": column})
        assert item["tokens"][0]["state"] == value


class _ByColumn(_Token):
    sql = {"state": lambda at: F(at(at.context["column"]))}


class _ByColumnTold(_ByColumn):
    sql_varies_by = staticmethod(lambda context: context["column"])


@pytest.mark.parametrize(
    ("serializer", "is_kept"),
    [(_User, True), (_Owner, True), (_ByColumn, False), (_ByColumnTold, True)],
)
def test_sql_is_compiled_once_for_everything_it_depends_on(serializer, is_kept):
    def made(column):
        return shape.statement(serializer, serializer.Meta.model, {"column": column})

    assert (made("name") is made("name")) is is_kept
    if serializer in (_ByColumn, _ByColumnTold):
        assert '"name")' in made("name").sql
        assert made("name").sql != made("prefix").sql


def test_the_lists_of_the_api_are_compiled_once(rf):
    from claims.models import Claim
    from claims.serializers import ClaimSerializer

    contexts = [{"request": rf.get("/"), "view": None} for _ in range(2)]
    for context in contexts:
        context["request"].user = user("ada", "triager")
        context["request"].auth = None
    first, second = (shape.statement(ClaimSerializer, Claim, context) for context in contexts)
    assert first is second


class _Method(serializers.ModelSerializer):
    extra = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("extra",)


class _Property(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("scopes",)


class _NoColumn(serializers.Serializer):
    nothing = serializers.CharField(source="no_such")


class _Nested(serializers.Serializer):
    tokens = _Token()


class _Time(serializers.ModelSerializer):
    joined = serializers.TimeField(source="date_joined")

    class Meta:
        model = User
        fields = ("joined",)


@pytest.mark.parametrize(
    ("serializer", "says"),
    [
        (_Method, r"_Method\.extra .*declare how the database makes it"),
        (_Property, r"_Property\.scopes: User has no column 'scopes'"),
        (_NoColumn, r"_NoColumn\.nothing: User has no column 'no_such'"),
        (_Nested, r"_Nested\.tokens is an object, but tokens leads to no single row"),
        (_Time, r"_Time\.joined is a TimeField"),
    ],
)
def test_what_the_database_cannot_make_is_refused_by_name(serializer, says):
    with pytest.raises(shape.NotExpressible, match=says):
        shape.as_text(serializer, User)


def test_such_a_list_is_found_when_the_installation_starts(monkeypatch):
    from django.core.checks import run_checks

    from factcheck.api.jobs import JobViewSet

    assert run_checks(tags=["api"]) == []
    monkeypatch.setattr(JobViewSet, "serializer_class", _Method)
    assert [(error.id, error.msg.partition(":")[0]) for error in run_checks(tags=["api"])] == [
        ("factcheck.E001", "GET /api/v1/jobs")
    ]


def test_an_ordering_without_a_column_is_found_when_the_installation_starts(monkeypatch):
    from django.core.checks import run_checks

    from factcheck.api.jobs import JobViewSet

    monkeypatch.setattr(JobViewSet, "ordering_fields", {"age": "age"})
    (error,) = run_checks(tags=["api"])
    assert "Job has no field named 'age'" in error.msg


def test_write_only_members_stay_out_of_lists():
    class Form(_User):
        secret = serializers.CharField(write_only=True)

        class Meta(_User.Meta):
            fields = ("id", "secret")

    user("ada")
    (item,) = by_database(Form, User.objects.all())
    assert list(item) == ["id"]


class _View(shape.ShapedListMixin, GenericViewSet):
    queryset = Token.objects.select_related("user").prefetch_related("user__groups")
    serializer_class = _Token
    permission_classes = (AllowAny,)
    authentication_classes = ()


def test_a_view_keeps_what_serves_its_single_objects(rows, rf):
    page = json.loads(_View.as_view({"get": "list"}, detail=False)(rf.get("/tokens")).render().content)
    assert page["results"] == by_serializer(_Token, Token.objects.order_by("-pk"))

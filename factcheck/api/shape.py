"""The shape of a list item, declared once: a serializer's fields become one SQL expression, and a page one query whose rows are JSON.

PostgreSQL writes each item as text, which is joined and sent; no model instance is made and no value converted. The same
serializer answers for one object, and both must be equal: what SQL cannot make is refused when the installation starts.

For fields that SQL cannot guess a serializer declares how they are made; the expression must give what the field itself gives:

    sql = {"state": lambda at: F(at("status"))}

`at("column")` is the path of a column from wherever the object stands in the query, `at.context` the serializer's context. What
reads the context is compiled anew for every request, unless the serializer also tells on what it depends:

    sql_varies_by = staticmethod(lambda context: scopes_of(context["request"]))      # anything hashable, with few values
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections
from django.db.models import Case, Expression, F, Func, JSONField, Model, OuterRef, TextField, Value, When
from django.db.models.functions import Cast
from rest_framework import relations, serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

MAX_FIELDS = 50  # PostgreSQL functions take 100 arguments


class NotExpressible(ImproperlyConfigured):
    """A field of a serializer cannot be made by the database and declares no expression for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a query an object stands: call it with a column's name to get the path from the query's model."""

    model: type[Model]
    prefix: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, path: str) -> str:
        return self.prefix + path

    def step(self, path: str, model: type[Model]) -> Place:
        return Place(model, f"{self.prefix}{path}__", self.context)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that makes the item of every row of a table; a WHERE may follow. `key` is the table's key as it names it.

    It has no parameters of its own, but it is meant to be run with some: a per cent sign stands there twice.
    """

    sql: str
    key: str


class ShapedListMixin(ListModelMixin):
    """A list whose pages are made by the database. The view sets queryset, serializer_class and its orderings as always."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        view: Any = self
        queryset = view.filter_queryset(view.get_queryset())
        item = statement(view.get_serializer_class(), queryset.model, view.get_serializer_context())
        answer: Response = view.paginator.paginate_json(queryset, item, request, view)
        return answer


def as_text(
    serializer: type[serializers.BaseSerializer[Any]], model: type[Model], context: Mapping[str, Any] | None = None
) -> Expression:
    """The item as JSON text, to annotate a queryset of `model` with. Raises NotExpressible, naming the field."""
    return Cast(_object(serializer(), Place(model, context={} if context is None else context)), TextField())


_statements: dict[tuple[Any, ...], Statement] = {}


def statement(
    serializer: type[serializers.BaseSerializer[Any]], model: type[Model], context: Mapping[str, Any] | None = None
) -> Statement:
    """The item of each row of `model`, compiled once: Django takes longer to build this SQL than PostgreSQL to run it."""
    kind: Any = serializer
    variant = tuple(varies_by(context or {}) for varies_by in _variations(kind))
    known = _statements.get((serializer, model, variant))
    if known:
        return known
    watched = _Watched(context or {})
    rows = model._base_manager.annotate(_item=as_text(serializer, model, watched)).values_list("_item").order_by()
    sql, params = rows.query.get_compiler(rows.db).as_sql()
    made = Statement(_with_literals(sql, params, rows.db), f'"{model._meta.db_table}"."{model._meta.pk.column}"')
    if not watched.is_read:
        _statements[serializer, model, variant] = made
    return made


def _with_literals(sql: str, params: Sequence[Any], using: str) -> str:
    """The statement with its hundred names and constants written in: putting them there for every page took as long as reading it."""
    with connections[using].cursor() as cursor:
        bound: str = cursor.mogrify(sql, params)
    return bound.replace("%", "%%")


@cache
def _variations(serializer: type[Any]) -> tuple[Callable[[Mapping[str, Any]], Any], ...]:
    """Every `sql_varies_by` in the tree of this serializer."""
    own = (serializer.sql_varies_by,) if hasattr(serializer, "sql_varies_by") else ()
    members = [getattr(member, "child", member) for member in serializer().fields.values()]
    return own + tuple(f for m in members if isinstance(m, serializers.Serializer) for f in _variations(type(m)))


class _Watched(Mapping[str, Any]):
    """A context that remembers whether anybody looked at it."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.unwatched = context
        self.is_read = False

    def __getitem__(self, name: str) -> Any:
        self.is_read = True
        return self.unwatched[name]

    def __iter__(self) -> Iterator[str]:
        self.is_read = True
        return iter(self.unwatched)

    def __len__(self) -> int:
        self.is_read = True
        return len(self.unwatched)


def _object(serializer: Any, at: Place) -> Expression:
    declared: Mapping[str, Callable[[Place], Any]] = getattr(serializer, "sql", {})
    # What is said to vary by a value of the context may read it.
    here = at
    if hasattr(serializer, "sql_varies_by") and isinstance(at.context, _Watched):
        here = replace(at, context=at.context.unwatched)
    pairs: list[Any] = []
    for name, member in serializer.fields.items():
        if member.write_only:
            continue
        where = f"{type(serializer).__name__}.{name}"
        pairs += [Value(name), declared[name](here) if name in declared else _member(member, at, where)]
    if len(pairs) > 2 * MAX_FIELDS:
        raise NotExpressible(f"{type(serializer).__name__} has more than {MAX_FIELDS} fields")
    return _JSONObject(*pairs)


def _member(member: Any, at: Place, where: str) -> Any:
    steps = [] if member.source == "*" else member.source.split(".")
    if isinstance(member, serializers.ListSerializer):
        return _list(member, at, steps, where)
    if isinstance(member, serializers.BaseSerializer):
        return _nested(member, at, steps, where)
    if isinstance(member, relations.SlugRelatedField):
        steps = [*steps, *(member.slug_field or "").split("__")]
    column = _column(at.model, steps, where)
    path = at("__".join(steps))
    if isinstance(member, (relations.PrimaryKeyRelatedField, relations.SlugRelatedField)):
        return F(path)
    for kind, render in _RENDERED.items():
        if isinstance(member, kind):
            return render(member, F(path))
    if isinstance(member, serializers.ModelField):
        return F(path)
    raise NotExpressible(
        f"{where} is a {type(member).__name__} of {column}: declare how the database makes it, `sql = {{...: lambda at: ...}}`"
    )


def _nested(member: Any, at: Place, steps: Sequence[str], where: str) -> Any:
    if not steps:
        return _object(member, at)
    column = _column(at.model, steps, where)
    if not column.related_model or not column.concrete:
        raise NotExpressible(f"{where} is an object, but {'.'.join(steps)} leads to no single row")
    inner = at.step("__".join(steps), column.related_model)
    value = _object(member, inner)
    is_nullable = any(_column(at.model, steps[: n + 1], where).null for n in range(len(steps)))
    if not is_nullable and not at.prefix:
        return value
    # An SQL null: JSON's own would be of another type than the object.
    return Case(When(**{inner("pk") + "__isnull": True}, then=Value(None)), default=value, output_field=PlainJSON())


def _list(member: Any, at: Place, steps: Sequence[str], where: str) -> Any:
    """A reverse foreign key, ordered by `Meta.ordering` of the item's serializer or of its model, else by key."""
    if len(steps) != 1:
        raise NotExpressible(
            f"{where} is a list of {'.'.join(steps) or 'the row itself'}: only a direct relation can be"
        )
    relation: Any = _field(at.model, steps[0], where)
    if not relation.one_to_many:
        raise NotExpressible(f"{where} is a list, but {steps[0]} is no reverse foreign key")
    model = relation.related_model
    ordering = getattr(getattr(member.child, "Meta", None), "ordering", None) or model._meta.ordering or ("pk",)
    rows = model._default_manager.filter(**{relation.field.name: OuterRef(at("pk"))}).order_by(*ordering)
    items = rows.annotate(_item=_object(member.child, Place(model, context=at.context))).values("_item")
    return Func(ArraySubquery(items), function="array_to_json", output_field=PlainJSON())


def _column(model: type[Model], steps: Sequence[str], where: str) -> Any:
    found: Any = None
    for step in steps:
        found = _field(model, step, where)
        model = found.related_model or model
    if found is None:
        raise NotExpressible(
            f"{where} is made of the whole object: declare how the database makes it, `sql = {{...: lambda at: ...}}`"
        )
    return found


def _field(model: type[Model], name: str, where: str) -> Any:
    if name == "pk":
        return model._meta.pk
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        # `outlet_id` is an attribute, not a field's name.
        for candidate in model._meta.concrete_fields:
            if candidate.attname == name:
                return candidate
    raise NotExpressible(
        f"{where}: {model.__name__} has no column {name!r}; declare how the database makes it, `sql = {{...: lambda at: ...}}`"
    )


class PlainJSON(JSONField):
    """`json`, not `jsonb`: it keeps the members' order and costs no parsing."""

    def db_type(self, connection: Any) -> str:
        return "json"


class _JSONObject(Func):
    function = "json_build_object"
    output_field = PlainJSON()


class Instant(Func):
    """As settings.REST_FRAMEWORK["DATETIME_FORMAT"] writes it."""

    template = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    output_field = TextField()


def _as_is(member: Any, value: F) -> Any:
    return value


_RENDERED: dict[type[Any], Callable[[Any, F], Any]] = {
    serializers.DateTimeField: lambda member, value: Instant(value),
    serializers.DecimalField: lambda member, value: Cast(value, TextField()),
    serializers.UUIDField: _as_is,
    serializers.CharField: _as_is,
    serializers.ChoiceField: _as_is,
    serializers.BooleanField: _as_is,
    serializers.IntegerField: _as_is,
    serializers.FloatField: _as_is,
    serializers.DateField: _as_is,
    serializers.JSONField: _as_is,
    serializers.ListField: _as_is,
}

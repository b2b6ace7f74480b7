"""Pages by key: a page costs the same wherever it stands, and loses or repeats no row on ties, nulls or insertions.

A view names its orderings, each one key of the model, in either direction (`-` in front for descending), with `id` appended:

    ordering_fields = {"created_at": "created_at", "published_at": "article__published_at"}
    ordering = "-created_at"

Every ordering needs its index, or each page sorts the table: (key, id) for a key that is never null, which serves both directions;
for one that may be null (key DESC NULLS LAST, id DESC) for descending and (key, id) for ascending, with the columns of the usual
equality filter in front. Source: https://use-the-index-luke.com/no-offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, ValidationError
from django.db import connections
from django.db.models import BooleanField, F, Field, Func, Model, OrderBy, QuerySet, Value
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from factcheck.api.problems import InvalidParameter
from factcheck.api.renderers import RawJSON, dumps
from factcheck.errors import FieldError

if TYPE_CHECKING:
    from factcheck.api.shape import Statement

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
PARAMETERS = ("page_size", "cursor", "ordering", "count")


class InvalidCursor(InvalidParameter):
    """Any text may be a cursor by its form; which ones were given out, only we can say."""

    code, status, title = "invalid_cursor", 422, "The cursor is not one of this list and ordering"


@dataclass(frozen=True, slots=True)
class Ordering:
    """One key and the primary key behind it, both in the same direction, nulls last."""

    name: str
    path: str
    is_descending: bool
    is_nullable: bool
    field: Field[Any, Any]

    def columns(self) -> list[OrderBy]:
        # NULLS LAST on a column that is never null would keep a plain index from being read backwards.
        key = OrderBy(F(self.path), descending=self.is_descending, nulls_last=True if self.is_nullable else None)
        by_id = OrderBy(F("pk"), descending=self.is_descending)
        return [by_id] if self.is_by_id else [key, by_id]

    @property
    def is_by_id(self) -> bool:
        return self.path in ("id", "pk")


class RowComparison(Func):
    """(a, b) < (x, y): one index condition, where `a < x OR (a = x AND b < y)` would be a filter.

    It is a range of any index that begins with `a`. To say `a <= x` beside it adds nothing, and is counted as if it left fewer rows: near
    the end of a list the planner sorts what is left then.
    """

    output_field = BooleanField()

    def __init__(self, operator: str, *sides: Any) -> None:
        super().__init__(*sides)
        self.operator = operator

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        compiled = [compiler.compile(side) for side in self.source_expressions]
        half = len(compiled) // 2
        left, right = (", ".join(sql for sql, _ in side) for side in (compiled[:half], compiled[half:]))
        return f"({left}) {self.operator} ({right})", [value for _, params in compiled for value in params]


class KeysetPagination(BasePagination):
    """`{results, next}`, with `Link: rel="next"` and, on `count=exact`, `count`. One query a page; none of them counts."""

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """The page as model instances."""
        self._begin(queryset, request, view)
        marked = queryset.annotate(_key=F(self.ordering.path))
        return self._cut(list(self._page(marked)), lambda row: (row._key, row.pk))

    def paginate_json(self, queryset: QuerySet[Any], item: Statement, request: Request, view: Any) -> Response:
        """The page as an answer, its items made by the database as `item` says (`factcheck.api.shape`)."""
        self._begin(queryset, request, view)
        # What serves model instances would only get in the way of plain rows.
        plain = queryset.select_related(None).prefetch_related(None)
        keys = self._page(plain.annotate(_key=F(self.ordering.path)).values_list("_key", "pk"))
        page = self._cut(_shaped(keys, item, self.ordering), lambda row: row[:2])
        members = [b'"results":[' + ",".join([row[2] for row in page]).encode() + b"]"]
        members += [b'"%s":%s' % (name.encode(), dumps(value)) for name, value in self._around().items()]
        return Response(RawJSON(b"{" + b",".join(members) + b"}"), headers=self._headers())

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data} | self._around(), headers=self._headers())

    # One page

    def _begin(self, queryset: QuerySet[Any], request: Request, view: Any) -> None:
        self.request = request
        self.ordering = ordering_of(queryset.model, view, request)
        self.size = page_size(request)
        self.scope = f"{queryset.model._meta.label_lower} {request.path}"
        self.position = self._read_cursor(request.query_params.get("cursor", ""), queryset.model)
        self.count = _exact_count(queryset, request)
        self.next: str | None = None

    def _page(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        ordered = rows.order_by(*self.ordering.columns())
        if self.position is None:
            return ordered[: self.size + 1]
        key, pk = self.position
        operator = "<" if self.ordering.is_descending else ">"
        pk_value = Value(pk, output_field=rows.model._meta.pk)
        if self.ordering.is_by_id:
            return ordered.filter(RowComparison(operator, F("pk"), pk_value))[: self.size + 1]
        if key is None:
            after = ordered.filter(
                RowComparison(operator, F("pk"), pk_value), **{f"{self.ordering.path}__isnull": True}
            )
            return after[: self.size + 1]
        key_value = Value(key, output_field=self.ordering.field)
        after = ordered.filter(RowComparison(operator, F(self.ordering.path), F("pk"), key_value, pk_value))
        after = after[: self.size + 1]
        if not self.ordering.is_nullable:
            return after
        # One condition for "smaller or null" would be a filter over the whole index; two branches are two index ranges, and the
        # merge above them reads the second one only when the first is used up.
        nulls = ordered.filter(**{f"{self.ordering.path}__isnull": True})[: self.size + 1]
        key_column = OrderBy(F("_key"), descending=self.ordering.is_descending, nulls_last=True)
        return after.union(nulls, all=True).order_by(
            key_column, OrderBy(F("id"), descending=self.ordering.is_descending)
        )[: self.size + 1]

    def _cut(self, rows: list[Any], position_of: Any) -> list[Any]:
        page = rows[: self.size]
        if len(rows) > self.size:
            cursor = self._write_cursor(*position_of(page[-1]))
            self.next = replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
        return page

    def _around(self) -> dict[str, Any]:
        return {"next": self.next} | ({} if self.count is None else {"count": self.count})

    def _headers(self) -> dict[str, str]:
        return {"Link": f'<{self.next}>; rel="next"'} if self.next else {}

    # The cursor is signed, so that what comes back is what was given out: no value in it needs a second check.

    def _write_cursor(self, key: Any, pk: Any) -> str:
        shown = None if key is None else _as_string(self.ordering.field, key)
        return _signer(self.scope).sign_object([self._direction, shown, str(pk)])

    def _read_cursor(self, cursor: str, model: type[Model]) -> tuple[Any, Any] | None:
        if not cursor:
            return None
        try:
            direction, shown, pk = _signer(self.scope).unsign_object(cursor)
            key = shown if shown is None else self.ordering.field.to_python(shown)
        except (signing.BadSignature, ValueError, ValidationError):
            raise _invalid(InvalidCursor, "cursor", "This cursor was not given out for this list.") from None
        if direction != self._direction:
            raise _invalid(InvalidCursor, "cursor", f"This cursor belongs to ordering={direction}.")
        return key, model._meta.pk.to_python(pk)  # type: ignore[union-attr]

    @property
    def _direction(self) -> str:
        return ("-" if self.ordering.is_descending else "") + self.ordering.name

    # What the OpenAPI document says

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        allowed = sorted(direction + name for name in orderings(view) for direction in ("", "-"))

        def parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
            return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}

        return [
            parameter("cursor", "Where the page begins: taken from `next` of the page before.", type="string"),
            parameter(
                "page_size", "Items of a page.", type="integer", minimum=1, maximum=MAX_PAGE_SIZE, default=PAGE_SIZE
            ),
            parameter(
                "ordering",
                "Nulls come last in both directions; `id` breaks ties.",
                type="string",
                enum=allowed,
                default=default_ordering(view),
            ),
            parameter(
                "count", "`exact` adds `count`, which costs a pass over all rows.", type="string", enum=["exact"]
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": {"type": "array", "items": schema["items"] if schema.get("type") == "array" else schema},
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "The address of the next page; null on the last.",
                },
                "count": {"type": "integer", "description": "All rows of the list; only with `count=exact`."},
            },
        }


def _shaped(keys: QuerySet[Any], item: Statement, ordering: Ordering) -> list[tuple[Any, Any, str]]:
    """The rows of `keys` (`_key`, `pk`) with their items, in one query: the page is cut first, the items are made for it alone."""
    try:
        sql, params = keys.query.get_compiler(keys.db).as_sql()
    except EmptyResultSet:
        return []
    direction = "DESC" if ordering.is_descending else "ASC"
    nulls = " NULLS LAST" if ordering.is_nullable else ""
    by_key = "" if ordering.is_by_id else f'page."_key" {direction}{nulls}, '
    # A scalar subquery for each of a page's rows; a join would let the planner read the whole table for them.
    page = (
        f'SELECT page."_key", page."pk", ({item.sql} WHERE {item.key} = page."pk") FROM ({sql}) AS page '
        f'ORDER BY {by_key}page."pk" {direction}'
    )
    with connections[keys.db].cursor() as cursor:
        cursor.execute(page, list(params))
        return cursor.fetchall()


def orderings(view: Any) -> dict[str, str]:
    """What a view may be ordered by: public name -> path from its model."""
    by_default = default_ordering(view).removeprefix("-")
    return {by_default: by_default} | dict(getattr(view, "ordering_fields", None) or {})


def default_ordering(view: Any) -> str:
    return getattr(view, "ordering", None) or "-id"


def ordering_of(model: type[Model], view: Any, request: Request) -> Ordering:
    """The ordering that the request asks for, or the view's own. Raises InvalidParameter for one that is not allowed."""
    allowed = orderings(view)
    asked = request.query_params.get("ordering") or default_ordering(view)
    name = asked.removeprefix("-")
    if name not in allowed:
        near = get_close_matches(name, allowed, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise _invalid(
            InvalidParameter, "ordering", f"Not ordered by {name!r}.{hint} Allowed: {', '.join(sorted(allowed))}."
        )
    path = allowed[name]
    field, is_nullable = describe(model, path)
    return Ordering(name, path, asked.startswith("-"), is_nullable, field)


def describe(model: type[Model], path: str) -> tuple[Field[Any, Any], bool]:
    """The field at the end of `path`, and whether anything on the way there may be null."""
    is_nullable = False
    field: Any = None
    for step in path.split("__"):
        field = model._meta.pk if step == "pk" else model._meta.get_field(step)
        if not field.concrete:
            raise FieldDoesNotExist(f"{path} leads from {model.__name__} to many rows: it cannot order them")
        is_nullable = is_nullable or field.null
        model = field.related_model or model
    return field, is_nullable


def page_size(request: Request) -> int:
    asked = request.query_params.get("page_size")
    if not asked:
        return PAGE_SIZE
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 4 and 1 <= int(asked) <= MAX_PAGE_SIZE):
        raise _invalid(InvalidParameter, "page_size", f"page_size is a number from 1 to {MAX_PAGE_SIZE}.")
    return int(asked)


def _exact_count(queryset: QuerySet[Any], request: Request) -> int | None:
    asked = request.query_params.get("count")
    if not asked:
        return None
    if asked != "exact":
        raise _invalid(InvalidParameter, "count", "The only count is `exact`.")
    return queryset.count()


def _invalid(kind: type[InvalidParameter], parameter: str, detail: str) -> InvalidParameter:
    return kind(detail, errors=[FieldError(kind.code, detail, parameter=parameter)])


def _signer(scope: str) -> signing.Signer:
    return signing.Signer(salt=f"cursor {scope}")


def _as_string(field: Field[Any, Any], value: Any) -> str:
    row: Any = SimpleNamespace(**{field.attname: value})
    text: str = field.value_to_string(row)
    return text

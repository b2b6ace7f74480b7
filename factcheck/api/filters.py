"""Filters that refuse what they do not know: a misspelt parameter must not answer with the whole list.

A comma means any of: `AnyOfChoice`, `AnyOfUUID`, `AnyOfText` are the filters for it; `TrueOrFalse` is the one for booleans,
`Instant` the one for times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import filters
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.request import Request

from factcheck.api import pagination
from factcheck.api.problems import InvalidParameter
from factcheck.errors import FieldError


class UnknownParameter(InvalidParameter):
    code, title = "unknown_parameter", "There is no such query parameter"


class AnyOfText(filters.BaseInFilter, filters.CharFilter):
    pass


class AnyOfChoice(filters.BaseInFilter, filters.ChoiceFilter):
    def __init__(self, *args: Any, choices: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        choices = list(choices)
        words = f"'%(value)s' is none of {', '.join(str(value) for value, _ in choices)}."
        super().__init__(*args, choices=choices, error_messages={"invalid_choice": words}, **kwargs)


class AnyOfUUID(filters.BaseInFilter, filters.UUIDFilter):
    pass


class _TrueOrFalseField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if not value:
            return None
        if value not in ("true", "false"):
            raise ValidationError("Give true or false.", code="invalid")
        return value == "true"


class TrueOrFalse(filters.BooleanFilter):
    """django-filter's own takes any other word for no filter at all."""

    field_class = _TrueOrFalseField


class _InstantField(IsoDateTimeField):
    def to_python(self, value: Any) -> datetime | None:
        read = super().to_python(value)
        try:
            # PostgreSQL takes offsets up to 15:59 only.
            return read and read.astimezone(UTC)
        except OverflowError:
            # In UTC the year 0 or 10000: nothing is older or younger than the edge.
            return datetime.min.replace(tzinfo=UTC) if read.year == 1 else datetime.max.replace(tzinfo=UTC)


class Instant(filters.IsoDateTimeFilter):
    field_class = _InstantField


class StrictFilters(DjangoFilterBackend):
    """Lists take the parameters of their filter set and paginator; single objects take none. Wrong ones are 400, naming each."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = None if getattr(view, "detail", False) else self.get_filterset(request, queryset, view)
        if request.method in ("GET", "HEAD"):
            refuse_unknown(request, set(_names(filterset)) | _names_of_list(view))
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidParameter(
                "Some query parameters are wrong.",
                errors=[
                    FieldError(getattr(error, "code", None) or "invalid", message, parameter=name)
                    for name, listed in filterset.errors.as_data().items()
                    for error in listed
                    for message in error.messages
                ],
            )
        filtered: QuerySet[Any] = filterset.qs
        return filtered


def refuse_unknown(request: Request, known: set[str]) -> None:
    errors = []
    for name, values in request.query_params.lists():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            errors.append(FieldError("unknown_parameter", f"There is no parameter {name!r}.{hint}", parameter=name))
        elif len(values) > 1:
            # The last one would silently win.
            detail = f"{name!r} is given {len(values)} times; a comma between values means any of them."
            errors.append(FieldError("repeated_parameter", detail, parameter=name))
    if errors:
        kind = UnknownParameter if any(e.code == "unknown_parameter" for e in errors) else InvalidParameter
        raise kind(" ".join(error.detail for error in errors), errors=errors)


def _names(filterset: FilterSet | None) -> Iterator[str]:
    for name, field in filterset.form.fields.items() if filterset else ():
        suffixes = getattr(field.widget, "suffixes", None)
        yield from (f"{name}_{suffix}" if suffix else name for suffix in suffixes) if suffixes else (name,)


def _names_of_list(view: Any) -> set[str]:
    is_list = not getattr(view, "detail", False) and isinstance(
        getattr(view, "paginator", None), pagination.KeysetPagination
    )
    return {"format", *pagination.PARAMETERS} if is_list else {"format"}

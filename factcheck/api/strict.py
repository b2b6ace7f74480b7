"""Bodies are read strictly: a member that nobody asked for, or of another type than the document says, is a mistake and is named."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any, cast

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

MAX_NAMED = 20  # unknown members of one body: looking for the nearest name is the costliest part of refusing them

# Those of which Django REST framework also takes what it can turn into them: 7 as a text or a UUID, "yes" as true, "7" as a number.
_TAKEN_AS_JSON: tuple[tuple[type[serializers.Field], tuple[type, ...], str], ...] = (
    (serializers.CharField, (str,), "Not a valid string."),
    (serializers.UUIDField, (str,), "Must be a valid UUID."),
    (serializers.BooleanField, (bool,), "Must be a valid boolean."),
    (serializers.IntegerField, (int, float), "A valid integer is required."),
)


class StrictSerializer(serializers.Serializer):
    """Refuses unknown members and those of another type. `actions_instead` names members that only an action may change: member -> what
    to do instead.
    """

    actions_instead: Mapping[str, str] = {}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = islice((name for name in data if name not in self.fields), MAX_NAMED)
            errors: dict[Any, Any] = {name: self._unknown(str(name)) for name in unknown}
            errors |= {n: wrong for n, f in self.fields.items() if n in data and (wrong := _mistyped(f, data[n]))}
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields: dict[str, serializers.Field] = super().get_fields()
        for field in fields.values():
            one = getattr(field, "child", field)
            if isinstance(one, serializers.ChoiceField):
                known = ", ".join(map(str, one.choices))
                one.error_messages["invalid_choice"] = f'"{{input}}" is none of {known}.'
        return fields

    def _unknown(self, name: str) -> list[ErrorDetail]:
        if name in self.actions_instead:
            return [ErrorDetail(f"Read-only: {self.actions_instead[name]}", code="use_an_action")]
        near = get_close_matches(name[:100], list(self.fields), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return [ErrorDetail(f"There is no such member.{hint}", code="unknown_field")]


def read(form: type[serializers.Serializer] | None, request: Request) -> dict[str, Any]:
    """What the body says, checked by the form; without one, that it says nothing. Raises ValidationError."""
    serializer = (form or StrictSerializer)(data=request.data)
    serializer.is_valid(raise_exception=True)
    return cast(dict[str, Any], serializer.validated_data)


def refuse_members(request: Request) -> None:
    """For an action that takes no body: nothing was sent, or an empty object. What a client wanted to say is never passed over."""
    read(None, request)


def _mistyped(field: serializers.Field, value: Any) -> Any:
    """What is wrong with a value that JSON wrote as something else than the document says; falsy when nothing is."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return {number: wrong for number, item in enumerate(value) if (wrong := _mistyped(field.child, item))}
    for kind, taken, detail in _TAKEN_AS_JSON:
        if isinstance(field, kind) and value is not None and not isinstance(value, taken):
            return [ErrorDetail(detail, code="invalid")]
    return None

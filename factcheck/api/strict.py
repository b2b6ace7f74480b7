"""Bodies are read strictly: a member that nobody asked for is a mistake, and is named."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

MAX_NAMED = 20  # unknown members of one body: looking for the nearest name is the costliest part of refusing them


class StrictSerializer(serializers.Serializer):
    """Refuses unknown members. `actions_instead` names members that only an action may change: member -> what to do instead."""

    actions_instead: Mapping[str, str] = {}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = islice((name for name in data if name not in self.fields), MAX_NAMED)
            errors = {name: self._unknown(str(name)) for name in unknown}
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _unknown(self, name: str) -> list[ErrorDetail]:
        if name in self.actions_instead:
            return [ErrorDetail(f"Read-only: {self.actions_instead[name]}", code="use_an_action")]
        near = get_close_matches(name[:100], list(self.fields), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return [ErrorDetail(f"There is no such member.{hint}", code="unknown_field")]


def refuse_members(request: Request) -> None:
    """For an action that takes no body: nothing was sent, or an empty object. What a client wanted to say is never passed over."""
    StrictSerializer(data=request.data).is_valid(raise_exception=True)

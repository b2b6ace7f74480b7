"""How each action is taken on the desk: as the API takes it. Its route comes from the table of access, its form from what the
document says of that route, its label from the table of stages. Only which key it has is said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from factcheck.api.concurrency import wanted_tag
from factcheck.ids import uuid7
from reviews.access import ACTIONS
from reviews.presenting import LABELS
from reviews.stages import Action
from reviews.views.reviews import OF_THE_SEAT

A = Action

# One letter each, and at no stage two actions with the same. What is done rarely, or cannot be taken back, has none.
KEYS: Mapping[Action, str] = {
    A.TAKE: "t", A.ASSIGN: "g", A.TAKE_OVER: "t", A.RENEW_LEASE: "l", A.RELEASE: "b", A.ADD_EVIDENCE: "e", A.DECLARE_SEARCH: "s",
    A.CONFIRM_NUMBERS: "f", A.SUBMIT_FOR_RATING: "u", A.SUBMIT_VERDICT: "v", A.REVISE_VERDICT: "v", A.ESCALATE: "e", A.ADJUDICATE: "v",
    A.REQUEST_EVIDENCE: "m", A.EDIT_DRAFT: "d", A.REQUEST_REPLY: "q", A.RECORD_REPLY: "y", A.WAIVE_REPLY: "w", A.SUBMIT_DRAFT: "u",
    A.SEND_BACK: "b", A.APPROVE: "v", A.UNAPPROVE: "b", A.PUBLISH: "p", A.OPEN_REVISION: "o", A.DISMISS_REVISION: "s",
    A.PUBLISH_MINOR: "p", A.REVERIFY: "v", A.COMMENT: "c", A.HOLD: "h", A.RESUME: "r", A.CLOSE: "z", A.REOPEN: "o",
}  # fmt: skip
# What asks for nothing, and is taken back with one other action, is done without a page of its own.
AT_ONCE = (A.TAKE, A.RENEW_LEASE)

# What leads on, and stands out among what can be done.
LEADS_ON = (
    A.TAKE, A.SUBMIT_FOR_RATING, A.SUBMIT_VERDICT, A.ADJUDICATE, A.SUBMIT_DRAFT, A.APPROVE, A.PUBLISH, A.PUBLISH_MINOR, A.RETRACT, A.RESUME,
    A.REOPEN,
)  # fmt: skip
# Blockers that words of the action's own form answer.
ANSWERED_BY_WORDS = ("too_few_origins",)

_ITEM = "/api/v1/evidence/{id}"


@dataclass(frozen=True, slots=True)
class Doing:
    """`form` is the body that the action takes, None where it takes none."""

    action: Action
    label: str
    key: str
    method: str
    address: str
    form: type[serializers.Serializer] | None
    is_of_item: bool  # of one piece of evidence
    is_of_seat: bool  # If-Match names the seat's tag instead of a version

    @property
    def leads_on(self) -> bool:
        return self.action in LEADS_ON

    @property
    def is_at_once(self) -> bool:
        return self.action in AT_ONCE

    def address_of(self, key: Any) -> str:
        return self.address.replace("{id}", str(key))


@cache
def doing(action: Action) -> Doing:
    method, _, address = ACTIONS[action][0].partition(" ")
    found = resolve(address.replace("{id}", str(uuid7())))
    view: Any = SchemaGenerator().create_view(found.func, method)  # type: ignore[no-untyped-call]
    # Not `view.schema`: it forgets views that are gone, and is asked for them again.
    schema = getattr(view, view.action).kwargs["schema"]()
    schema.view, schema.method, schema.path = view, method, address
    asked = schema.get_request_serializer()
    return Doing(
        action=action,
        label=LABELS[action],
        key=KEYS.get(action, ""),
        method=method,
        address=address,
        form=asked if isinstance(asked, type) or asked is None else type(asked),
        is_of_item=address.startswith(_ITEM),
        is_of_seat=wanted_tag(view) == OF_THE_SEAT,
    )

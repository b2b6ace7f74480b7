"""Desks that cannot do what their policy asks for, found at start instead of at night."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db.utils import ProgrammingError

from reviews.models import Desk
from reviews.workflow.desks import staffing_of


@register(Tags.database)
def check_staffing(app_configs: Any = None, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Asked with a database only (`check --database default`, and by `migrate`): who is there is not in the code."""
    if not databases:
        return []
    try:
        return [Warning(words, hint=HINT, id="reviews.W001") for words in unstaffable()]
    except ProgrammingError:  # not migrated yet
        return []


HINT = "Add people to the desk, give them roles, or give the desk a policy with fewer seats."


def unstaffable() -> list[str]:
    """One sentence for each desk whose present people cannot take a claim through a disagreement."""
    return [
        f"The desk {desk.name!r} cannot staff a review at {risk} risk under {desk.policy}: {lack}."
        for desk in Desk.objects.select_related("policy").order_by("name")
        for risk, lack in staffing_of(desk, desk.policy).items()
        if lack
    ]

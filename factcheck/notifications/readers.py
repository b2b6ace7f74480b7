"""Which notifications somebody may still read: their own, of what they may see now. Whoever left a desk reads no more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from factcheck.accounts.models import User
from factcheck.notifications.models import Notification

Question = Callable[[User], "QuerySet[Any]"]
_questions: dict[str, Question] = {}
_kinds: dict[str, None] = {}

MAX_COUNTED = 100  # unread ones: whoever has more needs no exact number


def shown_to(subject_type: str, *, kinds: Iterable[str]) -> Callable[[Question], Question]:
    """Registers who may see subjects of a type (user -> those that they may), and which kinds of notifications there are about them.
    Of a type without, nobody is shown any.
    """

    def register(question: Question) -> Question:
        _questions[subject_type] = question
        _kinds.update(dict.fromkeys(map(str, kinds)))
        return question

    return register


def kinds() -> list[str]:
    """Every kind that an app has told of."""
    return sorted(_kinds)


def visible_to(user: User) -> QuerySet[Notification]:
    seen = Q(pk__in=[])
    for subject_type, question in _questions.items():
        seen |= Q(Exists(question(user).filter(pk=OuterRef("subject_id"))), subject_type=subject_type)
    return Notification.objects.filter(seen, user=user)


def unread(user: User) -> int:
    """How many, up to `MAX_COUNTED`."""
    return visible_to(user).filter(read_at=None)[:MAX_COUNTED].count()

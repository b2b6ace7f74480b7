"""Which events somebody may read: the one question that every reader of them asks, whether feed, page or history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from factcheck.accounts.models import User
from factcheck.accounts.needs import AUDIT
from factcheck.audit.models import AuditEvent

# What any reader may follow. Everything else (people, their tokens) is for those who audit: a new kind is closed until it stands here
# or an app says who may follow it.
OPEN_SUBJECTS = (
    "article",
    "claim",
    "claimmatch",
    "earlierfactcheck",
    "extractionrun",
    "importrun",
    "job",
    "matchingthresholds",
)

Question = Callable[[User], "QuerySet[Any] | Q"]
_questions: dict[str, Question] = {}


def shown_to(subject_type: str) -> Callable[[Question], Question]:
    """Registers who may follow subjects of a type, auditors and superusers among them: user -> ids of those that they may, as a
    queryset of one column; or a condition on the event."""

    def register(question: Question) -> Question:
        _questions[subject_type] = question
        return question

    return register


def visible_to(user: User) -> QuerySet[AuditEvent]:
    """The events that this user may read."""
    is_auditing = user.is_superuser or bool(set(AUDIT.roles) & set(user.roles))
    found = Q() if is_auditing else Q(subject_type__in=OPEN_SUBJECTS)
    found &= ~Q(subject_type__in=list(_questions))
    for subject_type, question in _questions.items():
        answer = question(user)
        found |= Q(subject_type=subject_type) & (answer if isinstance(answer, Q) else Q(subject_id__in=answer))
    return AuditEvent.objects.filter(found)

"""The queue: read-only, but for retry and cancel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.views.main import ChangeList
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from factcheck import jobs, routes
from factcheck.accounts.permissions import actor_of, must_meet
from factcheck.admin.base import CodeFilter, Pages, RecordAdmin
from factcheck.errors import Problem
from factcheck.models import Job, JobState
from factcheck.templatetags.desk import age, badge, counted, moment, spaced

# What the jobs of one kind are about, in words that may hold links; asked once for all that a page shows.
Describe = Callable[[Collection[UUID]], Mapping[UUID, str]]
_describers: dict[str, Describe] = {}


def describes(kind: str) -> Callable[[Describe], Describe]:
    """Registers how an app names the subjects of its jobs."""

    def register(describe: Describe) -> Describe:
        _describers[kind] = describe
        return describe

    return register


def subjects_of(rows: Iterable[Job]) -> dict[UUID, str]:
    """What each job is about, by the job's id: one look-up for each kind."""
    by_kind: dict[str, list[Job]] = defaultdict(list)
    for job in rows:
        by_kind[job.kind].append(job)
    found: dict[UUID, str] = {}
    for kind, alike in by_kind.items():
        words = _describers[kind]([job.subject_id for job in alike]) if kind in _describers else {}
        found |= {job.pk: words.get(job.subject_id, str(job.subject_id)) for job in alike}
    return found


class Described(Pages):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        subjects = subjects_of(self.result_list)
        for job in self.result_list:
            job.subject = subjects[job.pk]


@admin.register(Job)
class JobAdmin(RecordAdmin):
    page_template = "admin/factcheck/job/page.html"
    shows_workers = True
    actions = ("retry", "cancel")

    list_display = ("work", "about", "state_badge", "tries", "progress", "failure", "due", "waits_since")
    list_display_links = ("work",)
    list_filter = (("state", CodeFilter),)
    ordering = ("-id",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Described

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return jobs.visible_to(actor_of(request))

    @admin.action(description="Retry", permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, jobs.retry, "queued again")

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, jobs.cancel, "cancelled")

    def _each(self, request: HttpRequest, verb: Callable[..., Job], done: str) -> None:
        # By the ids that were ticked: a filter on the state must not hide a job whose state moved since.
        for job_id in sorted(request.POST.getlist(helpers.ACTION_CHECKBOX_NAME))[: self.list_per_page]:
            try:
                kind = jobs.visible_to(actor_of(request)).values_list("kind", flat=True).get(pk=job_id)
                must_meet(request, routes.need_of_job(kind))
                job = verb(UUID(job_id), actor=actor_of(request))
            except Job.DoesNotExist:
                self.message_user(request, f"There is no job {job_id}.", messages.ERROR)
            except Problem as problem:
                self.message_user(request, f"Job {job_id}: {problem.detail}", messages.ERROR)
            except OperationalError:
                self.message_user(request, f"Job {job_id} is busy; try again in a moment.", messages.ERROR)
            else:
                self.message_user(request, f"{spaced(job.kind).capitalize()} {job.pk} is {done}.", messages.SUCCESS)

    @admin.display(description="job")
    def work(self, job: Job) -> str:
        return f"{spaced(job.kind)} …{str(job.pk)[-12:]}"

    @admin.display
    def about(self, job: Any) -> str:
        words: str = job.subject
        return words

    @admin.display(description="state", ordering="state")
    def state_badge(self, job: Job) -> SafeString:
        return badge(job.state)

    @admin.display(description="attempts", ordering="attempts")
    def tries(self, job: Job) -> str:
        return f"{job.attempts}, worker lost {counted(job.losses, 'time')}" if job.losses else f"{job.attempts}"

    @admin.display
    def progress(self, job: Job) -> str:
        return f"{job.done:,} of {job.total:,} {job.unit}" if job.total else "–"

    @admin.display
    def failure(self, job: Job) -> str:
        return f"{spaced(job.error['code'])}: {job.error['detail'][:120]}" if job.error else "–"

    @admin.display
    def due(self, job: Job) -> SafeString:
        return moment(job.due_at if job.state == JobState.QUEUED else None, "–")

    @admin.display(description="age", ordering="id")
    def waits_since(self, job: Job) -> SafeString:
        return age(job.created_at)

    def page_context(self, request: HttpRequest, row: Job) -> dict[str, Any]:
        return {
            "title": spaced(row.kind).capitalize(),
            "subject": subjects_of([row])[row.pk],
            "may_retry": row.state in (JobState.FAILED, JobState.CANCELLED),
            "may_cancel": row.state in jobs.ACTIVE,
        }

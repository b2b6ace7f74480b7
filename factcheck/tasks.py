"""What the broker's messages start. They carry no data: the rows do."""

from celery import Task, shared_task

from factcheck import jobs


@shared_task(bind=True, name=jobs.NUDGE)
def work(self: Task) -> None:
    """Do one job and pass the nudge on: each job has the whole time limit, and a backlog keeps every process busy."""
    if jobs.work(self.request.hostname or "worker"):
        jobs.nudge()


@shared_task(name="factcheck.sweep", time_limit=30, soft_time_limit=25)
def sweep() -> dict[str, int]:
    return jobs.sweep()

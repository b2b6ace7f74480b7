"""Run by beat, every minute."""

from celery import shared_task

from factcheck.audit import events


@shared_task(name="factcheck.fold_audit", time_limit=60, soft_time_limit=50)
def fold_audit() -> dict[str, int]:
    """Fold what moved into checkpoints; as many as it takes."""
    count = 0
    while events.fold():
        count += 1
    return {"checkpoints": count}

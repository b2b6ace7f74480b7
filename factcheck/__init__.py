"""The platform: wiring, users, jobs, the conventions of the API. No editorial rule lives here."""

from factcheck.celery import app as celery_app

__all__ = ["celery_app"]

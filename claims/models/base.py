"""What all rows have: a key that tells their order, and when they came."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from factcheck.ids import uuid7


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

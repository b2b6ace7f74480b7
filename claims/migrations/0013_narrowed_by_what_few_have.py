"""Claims of a rare language, and those of high risk, are ranges of an index."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0012_decided_by_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                F("language"),
                models.OrderBy(F("check_worthiness"), descending=True, nulls_last=True),
                models.OrderBy(F("id"), descending=True),
                name="claim_by_language",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                models.OrderBy(F("check_worthiness"), descending=True, nulls_last=True),
                models.OrderBy(F("id"), descending=True),
                condition=models.Q(("risk", "high")),
                name="claim_high_risk",
            ),
        ),
    ]

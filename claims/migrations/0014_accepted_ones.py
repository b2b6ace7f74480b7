"""Accepted claims, and those alone, in the order of their keys: as the reviews about them are."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0013_narrowed_by_what_few_have"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("triage_status", "accepted")), fields=["id"], name="claim_accepted"
            ),
        ),
    ]

"""Which claim each of our own fact-checks came from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0014_accepted_ones")]

    operations = [
        migrations.CreateModel(
            name="OwnFactCheck",
            fields=[
                (
                    "fact_check",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="own",
                        serialize=False,
                        to="claims.earlierfactcheck",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="claims.claim"
                    ),
                ),
            ],
        ),
    ]

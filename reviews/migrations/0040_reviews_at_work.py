"""Reviews that are neither public nor over, by desk and stage."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0039_plural_of_policies")]

    operations = [
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("stage__in", ("published", "closed", "retracted")), _negated=True),
                fields=["desk", "stage"],
                name="review_at_work",
            ),
        ),
    ]

"""Of what was published before matching was told: which claim it came from. Where it was offered to that claim, it is compared again."""

from django.db import migrations
from django.db.models import F
from django.utils import timezone

from claims.sources.urls import canonical_url

PUBLISHED = """
    SELECT DISTINCT revision.content::json ->> 'url', review.claim_id
    FROM reviews_factcheckrevision revision
    JOIN reviews_factcheck fact_check ON fact_check.id = revision.fact_check_id
    JOIN reviews_review review ON review.id = fact_check.review_id
"""


def tell(apps, schema_editor):
    known, own, match = (apps.get_model("claims", name) for name in ("EarlierFactCheck", "OwnFactCheck", "ClaimMatch"))
    job = apps.get_model("factcheck", "Job")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PUBLISHED)
        claims = {canonical_url(url): claim for url, claim in cursor.fetchall()}
    ours = known.objects.filter(import_run=None).values_list("pk", "url")
    told = [own(fact_check_id=pk, claim_id=claims[url]) for pk, url in ours if url in claims]
    own.objects.bulk_create(told, batch_size=1000, ignore_conflicts=True)
    offered = match.objects.filter(state__in=["suggested", "linked"], fact_check__own__claim=F("claim"))
    now = timezone.now()
    again = [
        job(kind="match", subject_id=pk, unit="comparison", total=1, due_at=now, created_at=now)
        for pk in offered.values_list("fact_check", flat=True)
    ]
    job.objects.bulk_create(again, batch_size=1000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0040_reviews_at_work"),
        ("claims", "0015_which_claim_ours_came_from"),
        ("factcheck", "0004_job_lane"),
    ]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]

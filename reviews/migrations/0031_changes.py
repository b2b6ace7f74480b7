"""What happened to fact-checks after they were published, read from the rows that say so."""

import django.contrib.postgres.fields
from django.db import migrations, models


VIEW = """
CREATE VIEW reviews_change AS
    SELECT revision.id, revision.fact_check_id, revision.published_at AS changed_at, revision.kind, revision.number AS revision,
        revision.changed, revision.public_note AS note, now.url, now.headline, now.publisher, before.rating AS rating_before,
        now.rating AS rating_after
    FROM reviews_factcheckrevision revision
    JOIN reviews_factcheckrevision earlier ON earlier.fact_check_id = revision.fact_check_id AND earlier.number = revision.number - 1,
        LATERAL reviews_told(revision.content) now, LATERAL reviews_told(earlier.content) before
    UNION ALL
    SELECT retraction.id, retraction.fact_check_id, retraction.retracted_at, 'retracted', revision.number, '{}', proposal.public_reason,
        last.url, last.headline, last.publisher, last.rating, ''
    FROM reviews_retraction retraction
    JOIN reviews_retractionproposal proposal ON proposal.id = retraction.proposal_id
    JOIN reviews_factcheckrevision revision ON revision.id = proposal.revision_id,
        LATERAL reviews_told(revision.content) last;
"""
TOLD = """
CREATE FUNCTION reviews_told(content text, OUT url text, OUT headline text, OUT publisher text, OUT rating text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT said ->> 'url', said ->> 'headline', said -> 'publisher' ->> 'name', said -> 'rating' ->> 'label'
    FROM (SELECT content::json AS said) read
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("reviews", "0030_nothing_before_its_time"),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('changed_at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('typo', 'Typo'), ('update', 'Update'), ('reverified', 'Reverified'), ('retracted', 'Retracted')], max_length=10)),
                ('revision', models.PositiveIntegerField(help_text='The one that came, or that was retracted.')),
                ('changed', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), help_text='Members of the content that say something else than before.', size=None)),
                ('note', models.TextField(help_text='Why, for readers. Only a typo may go without.')),
                ('url', models.TextField(help_text='Where the fact-check stands.')),
                ('headline', models.TextField(help_text='Of this revision.')),
                ('publisher', models.TextField()),
                ('rating_before', models.TextField()),
                ('rating_after', models.TextField(help_text='Empty once it is retracted: nothing is rated any more.')),
            ],
            options={
                'db_table': 'reviews_change',
                'managed': False,
            },
        ),
        migrations.RunSQL(TOLD, "DROP FUNCTION reviews_told(text)"),
        migrations.RunSQL(VIEW, "DROP VIEW reviews_change"),
    ]

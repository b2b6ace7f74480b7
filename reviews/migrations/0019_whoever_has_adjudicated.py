"""Whoever was to decide between verdicts has read them, and approves nothing that came of it: also where they asked for evidence instead,
or somebody else decided in their place.
"""

from importlib import import_module

from django.db import migrations

led = import_module("reviews.migrations.0007_whoever_has_led")

INSERT_ONLY = ("reviews_adjudicator",)

RULES = """
CREATE FUNCTION reviews_keep_adjudicator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reviews_adjudicator (id, review_id, round_number, user_id)
    VALUES (gen_random_uuid(), NEW.id, NEW.round_number, NEW.adjudicator_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER adjudicator_is_kept AFTER INSERT OR UPDATE OF adjudicator_id ON reviews_review FOR EACH ROW
    WHEN (NEW.adjudicator_id IS NOT NULL) EXECUTE FUNCTION reviews_keep_adjudicator();
CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON reviews_adjudicator FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER rows_stay BEFORE TRUNCATE ON reviews_adjudicator FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""

# Who adjudicated before this was kept, as the events tell it.
FILL = """
INSERT INTO reviews_adjudicator (id, review_id, round_number, user_id)
SELECT gen_random_uuid(), adjudicated.* FROM (
    SELECT event.subject_id, max(round.number), adjudicator::uuid
    FROM audit_auditevent event, jsonb_array_elements_text(event.data -> 'adjudicator_id') adjudicator, reviews_round round
    WHERE event.subject_type = 'review' AND event.action IN ('escalate', 'declare_conflict') AND adjudicator IS NOT NULL
        AND round.review_id = event.subject_id AND round.created_at < event.at
    GROUP BY event.id, event.subject_id, adjudicator
) adjudicated ON CONFLICT DO NOTHING;
"""

APPROVAL = led.APPROVAL.replace("%(led)s", led.ALSO + "%(adjudicated)s")
ALSO = """OR EXISTS (SELECT FROM reviews_adjudicator WHERE review_id = NEW.review_id AND user_id = NEW.approver_id)
        """

BACKWARD = """
DROP TRIGGER rows_stay ON reviews_adjudicator;
DROP TRIGGER row_is_final ON reviews_adjudicator;
DROP TRIGGER adjudicator_is_kept ON reviews_review;
DROP FUNCTION reviews_keep_adjudicator();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0018_adjudicator")]

    operations = [
        migrations.RunSQL(RULES, BACKWARD),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(APPROVAL.replace("%(adjudicated)s", ALSO), APPROVAL.replace("%(adjudicated)s", "")),
    ]

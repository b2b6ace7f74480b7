"""Whoever leads a review or has led it does not approve it, nor whoever wrote its text before somebody else did."""

from django.db import migrations

INSERT_ONLY = ("reviews_lead",)

RULES = """
CREATE FUNCTION reviews_keep_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reviews_lead (id, review_id, user_id) VALUES (gen_random_uuid(), NEW.id, NEW.lead_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER lead_is_kept AFTER INSERT OR UPDATE OF lead_id ON reviews_review FOR EACH ROW
    WHEN (NEW.lead_id IS NOT NULL) EXECUTE FUNCTION reviews_keep_lead();
CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON reviews_lead FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER rows_stay BEFORE TRUNCATE ON reviews_lead FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""

# Who led before this was kept, as the events tell it.
FILL = """
INSERT INTO reviews_lead (id, review_id, user_id)
SELECT gen_random_uuid(), led.* FROM (
    SELECT id, lead_id FROM reviews_review WHERE lead_id IS NOT NULL
    UNION
    SELECT event.subject_id, lead::uuid FROM audit_auditevent event, jsonb_array_elements_text(event.data -> 'lead_id') lead
    WHERE event.subject_type = 'review' AND lead IS NOT NULL
) led ON CONFLICT DO NOTHING;
"""

APPROVAL = """
CREATE OR REPLACE FUNCTION reviews_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reviews_review WHERE id = NEW.review_id AND NEW.approver_id IN (lead_id, adjudicator_id))
        %(led)sOR EXISTS (SELECT FROM reviews_draft WHERE review_id = NEW.review_id AND author_id = NEW.approver_id)
        OR EXISTS (SELECT FROM reviews_decision WHERE review_id = NEW.review_id AND adjudicator_id = NEW.approver_id)
        OR EXISTS (SELECT FROM reviews_conflictofinterest WHERE review_id = NEW.review_id AND user_id = NEW.approver_id)
        OR EXISTS (
            SELECT FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id
            WHERE round.review_id = NEW.review_id AND seat.holder_id = NEW.approver_id
        )
    THEN
        RAISE EXCEPTION 'User % took part in review %', NEW.approver_id, NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_by_somebody_else';
    END IF;
    IF NOT EXISTS (SELECT FROM reviews_draft WHERE review_id = NEW.review_id AND digest = NEW.draft_digest)
        OR NEW.decision_id IS DISTINCT FROM (SELECT id FROM reviews_decision WHERE review_id = NEW.review_id ORDER BY id DESC LIMIT 1)
    THEN
        RAISE EXCEPTION 'An approval of something that is not there' USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_of_what_is';
    END IF;
    RETURN NEW;
END $$;
"""
ALSO = """OR EXISTS (SELECT FROM reviews_lead WHERE review_id = NEW.review_id AND user_id = NEW.approver_id)
        OR EXISTS (
            SELECT FROM reviews_pastdraft past JOIN reviews_draft draft ON draft.id = past.pgh_obj_id
            WHERE draft.review_id = NEW.review_id AND past.author_id = NEW.approver_id
        )
        """

BACKWARD = """
DROP TRIGGER rows_stay ON reviews_lead;
DROP TRIGGER row_is_final ON reviews_lead;
DROP TRIGGER lead_is_kept ON reviews_review;
DROP FUNCTION reviews_keep_lead();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0006_lead")]

    operations = [
        migrations.RunSQL(RULES, BACKWARD),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(APPROVAL.replace("%(led)s", ALSO), APPROVAL.replace("%(led)s", "")),
    ]

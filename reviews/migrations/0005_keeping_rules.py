"""Whoever keeps an item says it of news of its own page, and what was said stays said."""

from django.db import migrations

INSERT_ONLY = ("reviews_keeping",)

RULES = """
CREATE FUNCTION reviews_check_keeping() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM reviews_evidence item JOIN reviews_snapshotcheck finding ON finding.snapshot_id = item.snapshot_id
        WHERE item.id = NEW.evidence_id AND finding.id = NEW.finding_id AND finding.outcome IN ('text_changed', 'quotation_missing', 'gone')
    ) THEN
        RAISE EXCEPTION 'What was found is not news of its page' USING ERRCODE = 'check_violation', CONSTRAINT = 'keeping_of_news';
    END IF;
    IF EXISTS (
        SELECT FROM reviews_evidence item JOIN reviews_conflictofinterest conflict ON conflict.review_id = item.review_id
        WHERE item.id = NEW.evidence_id AND conflict.user_id = NEW.kept_by_id
    ) THEN
        RAISE EXCEPTION 'User % keeps out of this review', NEW.kept_by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'keeping_by_somebody_independent';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keeping_of_news BEFORE INSERT ON reviews_keeping FOR EACH ROW EXECUTE FUNCTION reviews_check_keeping();
CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON reviews_keeping FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER rows_stay BEFORE TRUNCATE ON reviews_keeping FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
BACKWARD = """
DROP TRIGGER rows_stay ON reviews_keeping;
DROP TRIGGER row_is_final ON reviews_keeping;
DROP TRIGGER keeping_of_news ON reviews_keeping;
DROP FUNCTION reviews_check_keeping();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0004_keeping")]

    operations = [migrations.RunSQL(RULES, BACKWARD)]

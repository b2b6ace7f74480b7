"""What was approved for a time is not published before it, and nothing else is published by nobody."""

from django.db import migrations


RULES = """
CREATE FUNCTION reviews_check_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM reviews_approval WHERE id = NEW.approval_id
            AND (publish_at > NEW.published_at OR publish_at IS NULL AND NEW.published_by_id IS NULL)
    ) THEN
        RAISE EXCEPTION 'Revision % of % comes before its time, or from nobody', NEW.number, NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_at_its_time';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER revision_at_its_time BEFORE INSERT ON reviews_factcheckrevision FOR EACH ROW EXECUTE FUNCTION reviews_check_time();
"""
BACKWARD = """
DROP TRIGGER revision_at_its_time ON reviews_factcheckrevision;
DROP FUNCTION reviews_check_time();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0029_publications_by_time")]

    operations = [migrations.RunSQL(RULES, BACKWARD)]

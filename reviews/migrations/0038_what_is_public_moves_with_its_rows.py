"""A fact-check has changed when its rows say, at any time; what exports say of it is made by its version, and nothing of what was retracted."""

from django.db import migrations

RULES = """
CREATE FUNCTION reviews_check_changed_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT changed_at FROM reviews_factcheck WHERE id = NEW.id) IS DISTINCT FROM (
        SELECT max(at) FROM (
            SELECT published_at FROM reviews_factcheckrevision WHERE fact_check_id = NEW.id
            UNION ALL SELECT retracted_at FROM reviews_retraction WHERE fact_check_id = NEW.id
        ) moments (at)
    ) THEN
        RAISE EXCEPTION 'Fact-check % did not change when its rows say', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fact_check_changes_with_its_rows';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER fact_check_changes_with_its_rows AFTER UPDATE OF changed_at ON reviews_factcheck
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_changed_at();

CREATE FUNCTION reviews_refuse_other_element() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What element % is of, and says in its version, stays', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER element_stays_what_it_is BEFORE UPDATE ON reviews_exportelement FOR EACH ROW
    WHEN ((OLD.id, OLD.revision_id, OLD.export, OLD.is_tombstone, OLD.changed_at)
            IS DISTINCT FROM (NEW.id, NEW.revision_id, NEW.export, NEW.is_tombstone, NEW.changed_at)
        OR NEW.body <> OLD.body AND NEW.version = OLD.version)
    EXECUTE FUNCTION reviews_refuse_other_element();

-- Deferred: elements follow the retraction, and their moment the next revision.
CREATE FUNCTION reviews_check_elements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about uuid;
BEGIN
    IF TG_TABLE_NAME = 'reviews_retraction' THEN
        about := NEW.fact_check_id;
    ELSE
        SELECT fact_check_id INTO about FROM reviews_factcheckrevision WHERE id = NEW.revision_id;
    END IF;
    IF EXISTS (SELECT FROM reviews_retraction WHERE fact_check_id = about) AND EXISTS (
        SELECT FROM reviews_exportelement element JOIN reviews_factcheckrevision revision ON revision.id = element.revision_id
        WHERE revision.fact_check_id = about AND NOT element.is_tombstone AND element.superseded_at IS DISTINCT FROM element.changed_at
    ) THEN
        RAISE EXCEPTION 'An export tells of fact-check %, which was retracted', about
            USING ERRCODE = 'check_violation', CONSTRAINT = 'no_element_of_what_was_retracted';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER no_element_of_what_was_retracted AFTER INSERT ON reviews_retraction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_elements();
CREATE CONSTRAINT TRIGGER no_element_of_what_was_retracted AFTER UPDATE OF superseded_at ON reviews_exportelement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NOT NEW.is_tombstone AND NEW.superseded_at IS DISTINCT FROM NEW.changed_at) EXECUTE FUNCTION reviews_check_elements();
"""
BACKWARD = """
DROP TRIGGER no_element_of_what_was_retracted ON reviews_exportelement;
DROP TRIGGER no_element_of_what_was_retracted ON reviews_retraction;
DROP FUNCTION reviews_check_elements();
DROP TRIGGER element_stays_what_it_is ON reviews_exportelement;
DROP FUNCTION reviews_refuse_other_element();
DROP TRIGGER fact_check_changes_with_its_rows ON reviews_factcheck;
DROP FUNCTION reviews_check_changed_at();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0037_handlers_may_lead_what_comes_of_it")]

    operations = [migrations.RunSQL(RULES, BACKWARD)]

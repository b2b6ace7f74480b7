"""Two truths that no client, shell or bulk write can break: a stored text never changes, and a quotation stands where it says."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION claims_refuse_text_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The text of article version % is never edited', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER version_text_is_final
    BEFORE UPDATE ON claims_articleversion FOR EACH ROW
    WHEN (
        OLD.id IS DISTINCT FROM NEW.id OR OLD.article_id IS DISTINCT FROM NEW.article_id
        OR OLD.number IS DISTINCT FROM NEW.number OR OLD.text IS DISTINCT FROM NEW.text
        OR OLD.text_sha256 IS DISTINCT FROM NEW.text_sha256 OR OLD.text_fingerprint IS DISTINCT FROM NEW.text_fingerprint
        OR OLD.fetched_at IS DISTINCT FROM NEW.fetched_at
    )
    EXECUTE FUNCTION claims_refuse_text_change();

CREATE FUNCTION claims_check_quotation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- substr counts code points, from 1.
    IF NEW.quotation IS DISTINCT FROM
        (SELECT substr(text, NEW.start + 1, NEW."end" - NEW.start) FROM claims_articleversion WHERE id = NEW.article_version_id)
    THEN
        RAISE EXCEPTION 'The quotation of appearance % does not stand at % to % of its article version', NEW.id, NEW.start, NEW."end"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'appearance_quotation_stands_there';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER appearance_quotation_stands_there
    BEFORE INSERT OR UPDATE OF article_version_id, start, "end", quotation ON claims_appearance
    FOR EACH ROW EXECUTE FUNCTION claims_check_quotation();
"""

BACKWARD = """
DROP TRIGGER appearance_quotation_stands_there ON claims_appearance;
DROP FUNCTION claims_check_quotation();
DROP TRIGGER version_text_is_final ON claims_articleversion;
DROP FUNCTION claims_refuse_text_change();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

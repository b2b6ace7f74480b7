"""A withdrawn article has no text, whoever asks: it goes with the withdrawal, comes back by nothing, and takes its quotations along."""

from django.db import migrations

from claims.withdrawal import ERASED_TEXT

FORWARD = f"""
CREATE FUNCTION claims_is_withdrawn(article uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM claims_article WHERE id = article AND withdrawn_at IS NOT NULL)
$$;

-- Of past rows: was what they are the past of erased?
CREATE FUNCTION claims_article_is_erased(past jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT claims_is_withdrawn((past ->> 'pgh_obj_id')::uuid)
$$;

CREATE FUNCTION claims_appearance_is_erased(past jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT claims_is_withdrawn((SELECT article_id FROM claims_articleversion WHERE id = (past ->> 'article_version_id')::uuid))
$$;

CREATE FUNCTION claims_claim_is_erased(past jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT claims_is_withdrawn((past ->> 'article_id')::uuid)
        AND NOT EXISTS (
            SELECT FROM claims_claim WHERE id = (past ->> 'pgh_obj_id')::uuid AND text <> '{ERASED_TEXT}'
            -- Of a claim that people put into words of their own, what an extractor had written before.
            AND (text = past ->> 'text' OR (past ->> 'is_manual')::boolean OR past -> 'edited_fields' ? 'text')
        )
$$;

-- The text of a version
ALTER TABLE claims_articleversion DROP CONSTRAINT version_sha256_of_text;
ALTER TABLE claims_articleversion ADD CONSTRAINT version_sha256_of_text
    CHECK (text_sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex') OR text = '');

CREATE OR REPLACE FUNCTION claims_refuse_text_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.text = '' AND to_jsonb(NEW) - 'text' = to_jsonb(OLD) - 'text' AND claims_is_withdrawn(OLD.article_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The text of article version % is never edited', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER version_length_is_final BEFORE UPDATE ON claims_articleversion FOR EACH ROW
    WHEN (OLD.length IS DISTINCT FROM NEW.length) EXECUTE FUNCTION claims_refuse_text_change();

CREATE FUNCTION claims_check_new_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE at timestamptz;
BEGIN
    -- Waits for whoever is withdrawing it.
    SELECT withdrawn_at INTO at FROM claims_article WHERE id = NEW.article_id FOR KEY SHARE;
    IF at IS NOT NULL OR NEW.text = '' THEN
        RAISE EXCEPTION 'Article % was withdrawn, or this version has no text', NEW.article_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_of_what_stands';
    END IF;
    RETURN NEW;
END $$;

-- A first version is that of a new article: an import pays nothing.
CREATE TRIGGER version_of_what_stands BEFORE INSERT ON claims_articleversion FOR EACH ROW
    WHEN (NEW.number > 1 OR NEW.text = '') EXECUTE FUNCTION claims_check_new_version();

-- Its quotations
CREATE OR REPLACE FUNCTION claims_check_quotation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE words text;
BEGIN
    -- Waits for whoever is withdrawing it. substr counts code points, from 1.
    SELECT CASE WHEN text = '' THEN '' ELSE nullif(substr(text, NEW.start + 1, NEW."end" - NEW.start), '') END INTO words
    FROM claims_articleversion WHERE id = NEW.article_version_id FOR KEY SHARE;
    IF NEW.quotation IS DISTINCT FROM words THEN
        RAISE EXCEPTION 'The quotation of appearance % does not stand at % to % of its article version', NEW.id, NEW.start, NEW."end"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'appearance_quotation_stands_there';
    END IF;
    RETURN NEW;
END $$;

-- The withdrawal itself: whole, and for good
CREATE FUNCTION claims_refuse_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Article % was withdrawn, and stays so', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER article_withdrawal_is_final BEFORE UPDATE ON claims_article FOR EACH ROW
    WHEN (OLD.withdrawn_at IS NOT NULL AND (OLD.withdrawn_at, OLD.withdrawn_reason) IS DISTINCT FROM (NEW.withdrawn_at, NEW.withdrawn_reason))
    EXECUTE FUNCTION claims_refuse_return();

CREATE FUNCTION claims_check_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM claims_articleversion WHERE article_id = NEW.id AND text <> '')
        OR EXISTS (SELECT FROM claims_appearance place JOIN claims_articleversion version ON version.id = place.article_version_id
            WHERE version.article_id = NEW.id AND quotation <> '')
        OR EXISTS (SELECT FROM claims_pastarticle WHERE pgh_obj_id = NEW.id AND title || byline <> '')
        OR EXISTS (SELECT FROM claims_pastappearance place JOIN claims_articleversion version ON version.id = place.article_version_id
            WHERE version.article_id = NEW.id AND quotation <> '')
    THEN
        RAISE EXCEPTION 'Article % was withdrawn, and some of it is left', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'article_withdrawn_whole';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER article_withdrawn_whole AFTER UPDATE OF withdrawn_at ON claims_article DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL) EXECUTE FUNCTION claims_check_withdrawal();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0009_withdrawal")]

    # Texts that are gone cannot be brought back: nothing leads behind it.
    operations = [migrations.RunSQL(FORWARD)]

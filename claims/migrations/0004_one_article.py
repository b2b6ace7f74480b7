"""More that must never be false: a hash is that of its text, an identity stays, a claim appears in its own article."""

from django.db import migrations

FORWARD = """
ALTER TABLE claims_articleversion ADD CONSTRAINT version_sha256_of_text
    CHECK (text_sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex'));

CREATE FUNCTION claims_refuse_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The identity of % % never changes', TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER article_identity_is_final BEFORE UPDATE ON claims_article FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.identity IS DISTINCT FROM NEW.identity
        OR OLD.canonical_url IS DISTINCT FROM NEW.canonical_url)
    EXECUTE FUNCTION claims_refuse_identity_change();

CREATE TRIGGER claim_article_is_final BEFORE UPDATE ON claims_claim FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.article_id IS DISTINCT FROM NEW.article_id)
    EXECUTE FUNCTION claims_refuse_identity_change();

CREATE FUNCTION claims_check_article() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT article_id FROM claims_claim WHERE id = NEW.claim_id)
        IS DISTINCT FROM (SELECT article_id FROM claims_articleversion WHERE id = NEW.article_version_id)
    THEN
        RAISE EXCEPTION 'Claim % belongs to another article than version %', NEW.claim_id, NEW.article_version_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'appearance_in_article_of_claim';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER appearance_in_article_of_claim
    BEFORE INSERT OR UPDATE OF claim_id, article_version_id ON claims_appearance
    FOR EACH ROW EXECUTE FUNCTION claims_check_article();
"""

BACKWARD = """
DROP TRIGGER appearance_in_article_of_claim ON claims_appearance;
DROP FUNCTION claims_check_article();
DROP TRIGGER claim_article_is_final ON claims_claim;
DROP TRIGGER article_identity_is_final ON claims_article;
DROP FUNCTION claims_refuse_identity_change();
ALTER TABLE claims_articleversion DROP CONSTRAINT version_sha256_of_text;
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_known_values")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""A comment stays as it was said, in the thread and about the things of its own review, and nobody writes one who votes at that time."""

from django.db import migrations

TABLES = ("reviews_comment", "reviews_mention")

RULES = """
CREATE FUNCTION reviews_check_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reply_to_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM reviews_comment WHERE id = NEW.reply_to_id AND review_id = NEW.review_id
    ) OR NEW.evidence_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM reviews_evidence WHERE id = NEW.evidence_id AND review_id = NEW.review_id
    ) THEN
        RAISE EXCEPTION 'A comment on review % about another one', NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'comment_within_its_review';
    END IF;
    IF NEW.article_version_id IS NOT NULL AND NOT EXISTS (
        -- substr counts code points, from 1.
        SELECT FROM claims_articleversion version WHERE version.id = NEW.article_version_id
            AND substr(version.text, NEW.start + 1, NEW."end" - NEW.start) = NEW.quote
    ) THEN
        RAISE EXCEPTION 'The text does not say this at % to %', NEW.start, NEW."end"
            USING ERRCODE = 'check_violation', CONSTRAINT = 'comment_quote_stands_there';
    END IF;
    IF EXISTS (
        SELECT FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id
        WHERE round.review_id = NEW.review_id AND round.closed_at IS NULL AND seat.holder_id = NEW.author_id
    ) THEN
        RAISE EXCEPTION 'User % votes on review % and says nothing meanwhile', NEW.author_id, NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'comment_by_nobody_who_votes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER comment_within_its_review BEFORE INSERT ON reviews_comment FOR EACH ROW EXECUTE FUNCTION reviews_check_comment();
"""

FINAL = "".join(
    f"CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse();\n"
    f"CREATE TRIGGER rows_stay BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();\n"
    for table in TABLES
)

BACKWARD = """
DROP TRIGGER comment_within_its_review ON reviews_comment;
DROP FUNCTION reviews_check_comment();
""" + "".join(f"DROP TRIGGER row_is_final ON {table};\nDROP TRIGGER rows_stay ON {table};\n" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0013_comments")]

    operations = [migrations.RunSQL(RULES + FINAL, BACKWARD)]

"""A text whose author keeps out of the review is approved by nobody, whatever the policy says of leads who write."""

from django.db import migrations

RULES = """
CREATE FUNCTION reviews_check_author_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM reviews_draft draft JOIN reviews_conflictofinterest conflict
            ON conflict.review_id = draft.review_id AND conflict.user_id = draft.author_id
        WHERE draft.review_id = NEW.review_id
    ) THEN
        RAISE EXCEPTION 'Whoever wrote the text of review % keeps out of it', NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_of_no_conflicted_text';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_of_no_conflicted_text BEFORE INSERT ON reviews_approval FOR EACH ROW
    EXECUTE FUNCTION reviews_check_author_conflict();
"""
BACKWARD = """
DROP TRIGGER approval_of_no_conflicted_text ON reviews_approval;
DROP FUNCTION reviews_check_author_conflict();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0019_whoever_has_adjudicated")]

    operations = [migrations.RunSQL(RULES, BACKWARD)]

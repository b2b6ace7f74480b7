"""Where the policy wants somebody else than the lead to write the text, the lead's is approved by nobody."""

from django.db import migrations

RULES = """
CREATE FUNCTION reviews_check_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM reviews_review review JOIN reviews_reviewpolicy policy ON policy.id = review.policy_id
        JOIN reviews_draft draft ON draft.review_id = review.id
        WHERE review.id = NEW.review_id AND NOT policy.draft_author_may_be_lead AND draft.author_id = review.lead_id
    ) THEN
        RAISE EXCEPTION 'The lead of review % wrote its text', NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_of_somebody_elses_text';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_of_somebody_elses_text BEFORE INSERT ON reviews_approval FOR EACH ROW EXECUTE FUNCTION reviews_check_author();
"""
BACKWARD = """
DROP TRIGGER approval_of_somebody_elses_text ON reviews_approval;
DROP FUNCTION reviews_check_author();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0008_draft_author_may_be_lead")]

    operations = [migrations.RunSQL(RULES, BACKWARD)]

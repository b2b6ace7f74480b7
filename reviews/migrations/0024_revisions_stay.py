"""What was published stays as it was: a revision is what an editor approved, follows the one before, and is never written over."""

from importlib import import_module

from django.db import migrations

never_false = import_module("reviews.migrations.0002_never_false")

INSERT_ONLY = ("reviews_factcheckrevision",)
# As `reviews.stages.ARROWS` has them; a test compares.
ARROWS = (*never_false.ARROWS, "approved>published")

MOVES = """
DROP TRIGGER review_moves_along_arrows ON reviews_review;
CREATE TRIGGER review_moves_along_arrows BEFORE UPDATE OF stage ON reviews_review FOR EACH ROW
    WHEN (OLD.stage <> NEW.stage AND NOT (OLD.stage || '>' || NEW.stage) = ANY (ARRAY[%(arrows)s]))
    EXECUTE FUNCTION reviews_refuse_move();
"""

STAGE = """
CREATE OR REPLACE FUNCTION reviews_check_stage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_in text;
    round reviews_round;
    decision reviews_decision;
BEGIN
    SELECT stage INTO now_in FROM reviews_review WHERE id = NEW.id;
    SELECT * INTO round FROM reviews_round WHERE review_id = NEW.id ORDER BY number DESC LIMIT 1;
    SELECT * INTO decision FROM reviews_decision WHERE round_id = round.id;
    IF (now_in = 'rating') <> (round.id IS NOT NULL AND round.closed_at IS NULL)
        OR now_in IN ('discussion', 'adjudication') AND (round.outcome <> 'disagreement' OR decision.id IS NOT NULL)
        OR now_in IN ('drafting', 'copy_edit', 'approved') AND decision.id IS NULL
        OR now_in = 'approved' AND NOT EXISTS (
            SELECT FROM reviews_approval approval JOIN reviews_draft draft ON draft.review_id = approval.review_id
            WHERE approval.review_id = NEW.id AND approval.decision_id = decision.id AND approval.draft_digest = draft.digest
                AND NOT EXISTS (SELECT FROM reviews_invalidation WHERE subject_type = 'approval' AND subject_id = approval.id)
        )
        %(published)sTHEN
        RAISE EXCEPTION 'Review %% has not what makes it be in %%', NEW.id, now_in
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_stage_has_its_rows';
    END IF;
    RETURN NULL;
END $$;
"""
PUBLISHED = """OR now_in = 'published' AND NOT EXISTS (
            SELECT FROM reviews_factcheckrevision revision JOIN reviews_factcheck fact_check ON fact_check.id = revision.fact_check_id
            WHERE fact_check.review_id = NEW.id
        )
    """

RULES = """
CREATE FUNCTION reviews_refuse_other_fact_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What fact-check % is, and where, never changes', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER fact_check_stays_what_it_is BEFORE UPDATE ON reviews_factcheck FOR EACH ROW
    WHEN ((OLD.id, OLD.created_at, OLD.review_id, OLD.slug) IS DISTINCT FROM (NEW.id, NEW.created_at, NEW.review_id, NEW.slug)
        OR NEW.changed_at <= OLD.changed_at)
    EXECUTE FUNCTION reviews_refuse_other_fact_check();
CREATE TRIGGER fact_check_stays BEFORE DELETE ON reviews_factcheck FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER rows_stay BEFORE TRUNCATE ON reviews_factcheck FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON reviews_factcheckrevision FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER rows_stay BEFORE TRUNCATE ON reviews_factcheckrevision FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

CREATE FUNCTION reviews_check_revision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about uuid;
BEGIN
    SELECT review_id INTO about FROM reviews_factcheck WHERE id = NEW.fact_check_id;
    IF NEW.digest <> encode(sha256(convert_to(NEW.content, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'The digest of a revision of % is of something else', NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_digest_of_content';
    END IF;
    IF NEW.number <> 1 + (SELECT count(*) FROM reviews_factcheckrevision WHERE fact_check_id = NEW.fact_check_id) THEN
        RAISE EXCEPTION 'Revision % of % follows none', NEW.number, NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_follows_the_last';
    END IF;
    IF NOT EXISTS (
        SELECT FROM reviews_approval approval JOIN reviews_review review ON review.id = approval.review_id
        JOIN reviews_draft draft ON draft.review_id = review.id
        WHERE approval.id = NEW.approval_id AND review.id = about AND review.stage = 'approved' AND draft.digest = approval.draft_digest
            AND approval.decision_id = (SELECT id FROM reviews_decision WHERE review_id = about ORDER BY id DESC LIMIT 1)
            AND NOT EXISTS (SELECT FROM reviews_invalidation WHERE subject_type = 'approval' AND subject_id = approval.id)
    ) THEN
        RAISE EXCEPTION 'Nobody has approved what is published as %', NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_of_what_was_approved';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER revision_of_what_was_approved BEFORE INSERT ON reviews_factcheckrevision FOR EACH ROW EXECUTE FUNCTION reviews_check_revision();

-- Deferred: the stage follows the rows.
CREATE FUNCTION reviews_check_public() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM reviews_review WHERE id = NEW.review_id AND stage = 'published')
        OR NOT EXISTS (SELECT FROM reviews_factcheckrevision WHERE fact_check_id = NEW.id)
    THEN
        RAISE EXCEPTION 'Fact-check % is of a review that is not published, or says nothing', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fact_check_is_published';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER fact_check_is_published AFTER INSERT ON reviews_factcheck
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_public();
"""

BACKWARD = """
DROP TRIGGER fact_check_is_published ON reviews_factcheck;
DROP FUNCTION reviews_check_public();
DROP TRIGGER revision_of_what_was_approved ON reviews_factcheckrevision;
DROP FUNCTION reviews_check_revision();
DROP TRIGGER rows_stay ON reviews_factcheckrevision;
DROP TRIGGER row_is_final ON reviews_factcheckrevision;
DROP TRIGGER rows_stay ON reviews_factcheck;
DROP TRIGGER fact_check_stays ON reviews_factcheck;
DROP TRIGGER fact_check_stays_what_it_is ON reviews_factcheck;
DROP FUNCTION reviews_refuse_other_fact_check();
"""


def moves(arrows):
    return MOVES % {"arrows": ", ".join(f"'{arrow}'" for arrow in arrows)}


class Migration(migrations.Migration):
    dependencies = [("reviews", "0023_fact_checks")]

    operations = [
        migrations.RunSQL(moves(ARROWS), moves(never_false.ARROWS)),
        migrations.RunSQL(STAGE % {"published": PUBLISHED}, STAGE % {"published": ""}),
        migrations.RunSQL(RULES, BACKWARD),
    ]

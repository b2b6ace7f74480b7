"""What is public is retracted by two people and for good, and every change of it is a row at a moment of its own."""

from importlib import import_module

from django.db import migrations

adjudicated = import_module("reviews.migrations.0019_whoever_has_adjudicated")
revisions_stay = import_module("reviews.migrations.0024_revisions_stay")
doubts = import_module("reviews.migrations.0025_doubts_and_retractions")

INSERT_ONLY = ("reviews_retractionproposal", "reviews_retraction")
# As `reviews.stages.ARROWS` has them; a test compares.
ARROWS = (
    *revisions_stay.ARROWS, "published>under_revision", "under_revision>published",
    *(f"{stage}>retracted" for stage in (
        "queued", "research", "rating", "discussion", "adjudication", "drafting", "copy_edit", "approved", "published", "under_revision",
    )),
)  # fmt: skip

PUBLISHED = """OR (now_in = 'retracted') <> EXISTS (
            SELECT FROM reviews_retraction retraction JOIN reviews_factcheck fact_check ON fact_check.id = retraction.fact_check_id
            WHERE fact_check.review_id = NEW.id
        )
        OR now_in IN ('published', 'under_revision') AND NOT EXISTS (
            SELECT FROM reviews_factcheckrevision revision JOIN reviews_factcheck fact_check ON fact_check.id = revision.fact_check_id
            WHERE fact_check.review_id = NEW.id
        )
    """

# Of a verification that was given up the decision counts no more: that of the one before does.
LAST = "(SELECT id FROM reviews_decision WHERE review_id = {review} ORDER BY id DESC LIMIT 1)"
LAST_THAT_COUNTS = """(
            SELECT id FROM reviews_decision decision WHERE review_id = {review}
                AND NOT EXISTS (SELECT FROM reviews_invalidation WHERE subject_type = 'round' AND subject_id = decision.round_id)
            ORDER BY id DESC LIMIT 1
        )"""
_APPROVAL = adjudicated.APPROVAL.replace("%(adjudicated)s", adjudicated.ALSO)
APPROVAL = _APPROVAL.replace(LAST.format(review="NEW.review_id"), LAST_THAT_COUNTS.format(review="NEW.review_id"))

CLAIM = """
CREATE OR REPLACE FUNCTION reviews_check_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reviews_review WHERE claim_id = NEW.id AND stage NOT IN (%s)) THEN
        RAISE EXCEPTION 'A review of claim %% is under way', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_is_relied_on';
    END IF;
    RETURN NEW;
END $$;
"""

# It may have gone on since, to be doubted or verified again: but not be where it was when it was published.
PUBLIC = """
CREATE OR REPLACE FUNCTION reviews_check_public() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF %sNOT EXISTS (SELECT FROM reviews_factcheckrevision WHERE fact_check_id = NEW.id)
    THEN
        RAISE EXCEPTION 'Fact-check %% is of a review that is not published, or says nothing', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fact_check_is_published';
    END IF;
    RETURN NULL;
END $$;
"""
WAS_PUBLISHED = "NOT EXISTS (SELECT FROM reviews_review WHERE id = NEW.review_id AND stage = 'published')\n        OR "
IS_APPROVED_STILL = """EXISTS (
            SELECT FROM reviews_review WHERE id = NEW.review_id AND stage = 'approved' AND (
                SELECT id FROM reviews_approval WHERE review_id = NEW.review_id ORDER BY id DESC LIMIT 1
            ) = (SELECT approval_id FROM reviews_factcheckrevision WHERE fact_check_id = NEW.id ORDER BY number DESC LIMIT 1)
        )
        OR """

RULES = """
CREATE FUNCTION reviews_check_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision_id <> (
        SELECT last.id FROM reviews_factcheckrevision last JOIN reviews_factcheckrevision own ON own.fact_check_id = last.fact_check_id
        WHERE own.id = NEW.revision_id ORDER BY last.number DESC LIMIT 1
    ) OR EXISTS (
        SELECT FROM reviews_retraction retraction JOIN reviews_factcheckrevision own ON own.fact_check_id = retraction.fact_check_id
        WHERE own.id = NEW.revision_id
    ) THEN
        RAISE EXCEPTION 'Revision % is not what is public', NEW.revision_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_of_what_is_public';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER proposal_of_what_is_public BEFORE INSERT ON reviews_retractionproposal FOR EACH ROW EXECUTE FUNCTION reviews_check_proposal();

CREATE FUNCTION reviews_check_retraction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.proposal_id IS DISTINCT FROM (
        SELECT proposal.id FROM reviews_retractionproposal proposal WHERE proposal.proposed_by_id = NEW.proposed_by_id
            AND proposal.id = (
                SELECT last.id FROM reviews_retractionproposal last JOIN reviews_factcheckrevision own ON own.id = last.revision_id
                WHERE own.fact_check_id = NEW.fact_check_id
                ORDER BY own.number DESC, last.id DESC LIMIT 1
            )
            AND proposal.revision_id = (
                SELECT id FROM reviews_factcheckrevision WHERE fact_check_id = NEW.fact_check_id ORDER BY number DESC LIMIT 1
            )
    ) THEN
        RAISE EXCEPTION 'Nobody has proposed that fact-check % be retracted now', NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'retraction_of_what_was_proposed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER retraction_of_what_was_proposed BEFORE INSERT ON reviews_retraction FOR EACH ROW EXECUTE FUNCTION reviews_check_retraction();

CREATE FUNCTION reviews_check_not_retracted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- With a lock, or a retraction that is not committed yet would not be seen.
    PERFORM FROM reviews_factcheck WHERE id = NEW.fact_check_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM reviews_retraction WHERE fact_check_id = NEW.fact_check_id) THEN
        RAISE EXCEPTION 'Fact-check % was retracted', NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_of_what_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER revision_of_what_stands BEFORE INSERT ON reviews_factcheckrevision FOR EACH ROW EXECUTE FUNCTION reviews_check_not_retracted();

-- Deferred: the stage and the moment follow the rows.
CREATE FUNCTION reviews_check_moment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM reviews_factcheck public WHERE id = NEW.fact_check_id AND changed_at = (
            SELECT max(at) FROM (
                SELECT published_at FROM reviews_factcheckrevision WHERE fact_check_id = public.id
                UNION ALL SELECT retracted_at FROM reviews_retraction WHERE fact_check_id = public.id
            ) moments (at)
        )
    ) THEN
        RAISE EXCEPTION 'Fact-check % did not change when its rows say', NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fact_check_changes_with_its_rows';
    END IF;
    IF TG_TABLE_NAME = 'reviews_retraction' AND NOT EXISTS (
        SELECT FROM reviews_review review JOIN reviews_factcheck public ON public.review_id = review.id
        WHERE public.id = NEW.fact_check_id AND review.stage = 'retracted'
    ) THEN
        RAISE EXCEPTION 'The review of fact-check % is not retracted', NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'retraction_with_its_stage';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER fact_check_changes_with_its_rows AFTER INSERT ON reviews_factcheckrevision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_moment();
CREATE CONSTRAINT TRIGGER fact_check_changes_with_its_rows AFTER INSERT ON reviews_retraction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_moment();
"""
FINAL = "".join(
    f"CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse();\n"
    f"CREATE TRIGGER rows_stay BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();\n"
    for table in INSERT_ONLY
)

BACKWARD = """
DROP TRIGGER fact_check_changes_with_its_rows ON reviews_retraction;
DROP TRIGGER fact_check_changes_with_its_rows ON reviews_factcheckrevision;
DROP FUNCTION reviews_check_moment();
DROP TRIGGER revision_of_what_stands ON reviews_factcheckrevision;
DROP FUNCTION reviews_check_not_retracted();
DROP TRIGGER retraction_of_what_was_proposed ON reviews_retraction;
DROP FUNCTION reviews_check_retraction();
DROP TRIGGER proposal_of_what_is_public ON reviews_retractionproposal;
DROP FUNCTION reviews_check_proposal();
""" + "".join(f"DROP TRIGGER row_is_final ON {table};\nDROP TRIGGER rows_stay ON {table};\n" for table in INSERT_ONLY)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0025_doubts_and_retractions")]

    operations = [
        migrations.RunSQL(doubts.triggers(ARROWS), doubts.DROP),
        migrations.RunSQL(
            revisions_stay.STAGE % {"published": PUBLISHED}, revisions_stay.STAGE % {"published": revisions_stay.PUBLISHED}
        ),
        migrations.RunSQL(APPROVAL, _APPROVAL),
        migrations.RunSQL(PUBLIC % IS_APPROVED_STILL, PUBLIC % WAS_PUBLISHED),
        migrations.RunSQL(CLAIM % "'closed', 'retracted'", CLAIM % "'closed'"),
        migrations.RunSQL(RULES + FINAL, BACKWARD),
    ]

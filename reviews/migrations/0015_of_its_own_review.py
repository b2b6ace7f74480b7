"""What is said in a review is said of its own rows: on its scale, on the set that was frozen for it, in a round that is open."""

from django.db import migrations

RULES = """
CREATE FUNCTION reviews_check_round_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM reviews_evidenceset WHERE id = NEW.evidence_set_id AND review_id = NEW.review_id) THEN
        RAISE EXCEPTION 'A round of review % on the evidence of another', NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'round_on_its_own_evidence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER round_on_its_own_evidence BEFORE INSERT ON reviews_round FOR EACH ROW EXECUTE FUNCTION reviews_check_round_set();

CREATE FUNCTION reviews_check_seat_round() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM reviews_round WHERE id = NEW.round_id AND closed_at IS NULL AND NEW.number BETWEEN 1 AND seats_needed) THEN
        RAISE EXCEPTION 'Round % is closed, or has no seat %', NEW.round_id, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_in_an_open_round';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seat_in_an_open_round BEFORE INSERT ON reviews_seat FOR EACH ROW EXECUTE FUNCTION reviews_check_seat_round();

-- The message says nothing of what it refuses: it may be sealed.
CREATE FUNCTION reviews_check_judgement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id JOIN reviews_review review ON review.id = round.review_id
        JOIN reviews_ratingscaleversion scale ON scale.id = review.scale_id JOIN reviews_evidenceset frozen ON frozen.id = round.evidence_set_id
        WHERE seat.id = NEW.seat_id AND scale.id = NEW.scale_id
            AND scale.points @> jsonb_build_array(jsonb_build_object('code', NEW.rating))
            AND NEW.cites <@ ARRAY(SELECT (item ->> 'id')::uuid FROM jsonb_array_elements(frozen.items) item)
    ) THEN
        RAISE EXCEPTION 'Not on the scale of its review, or not on its evidence'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'verdict_on_its_scale_and_evidence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_on_its_scale_and_evidence BEFORE INSERT ON reviews_verdict FOR EACH ROW EXECUTE FUNCTION reviews_check_judgement();

CREATE FUNCTION reviews_check_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM reviews_review review JOIN reviews_ratingscaleversion scale ON scale.id = review.scale_id
        WHERE review.id = NEW.review_id AND scale.id = NEW.scale_id
            AND scale.points @> jsonb_build_array(jsonb_build_object('code', NEW.rating))
    ) THEN
        RAISE EXCEPTION 'The scale of review % has no such rating', NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_on_its_scale';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_on_its_scale BEFORE INSERT ON reviews_decision FOR EACH ROW EXECUTE FUNCTION reviews_check_decided();

CREATE FUNCTION reviews_check_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM reviews_decision decision JOIN reviews_review review ON review.id = decision.review_id
        WHERE decision.id = NEW.decision_id AND decision.evidence_digest = NEW.evidence_digest AND review.stage = 'copy_edit'
    ) THEN
        RAISE EXCEPTION 'Review % has nothing to be approved now, or on other evidence', NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_while_in_copy_edit';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_while_in_copy_edit BEFORE INSERT ON reviews_approval FOR EACH ROW EXECUTE FUNCTION reviews_check_approved();

CREATE FUNCTION reviews_check_invalidation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (CASE NEW.subject_type
        WHEN 'evidence' THEN EXISTS (SELECT FROM reviews_evidence WHERE id = NEW.subject_id AND review_id = NEW.review_id)
        WHEN 'round' THEN EXISTS (SELECT FROM reviews_round WHERE id = NEW.subject_id AND review_id = NEW.review_id)
        WHEN 'approval' THEN EXISTS (SELECT FROM reviews_approval WHERE id = NEW.subject_id AND review_id = NEW.review_id)
        ELSE EXISTS (
            SELECT FROM reviews_verdict verdict JOIN reviews_seat seat ON seat.id = verdict.seat_id JOIN reviews_round round ON round.id = seat.round_id
            WHERE verdict.id = NEW.subject_id AND round.review_id = NEW.review_id
        )
    END) THEN
        RAISE EXCEPTION 'Review % has no such %', NEW.review_id, NEW.subject_type
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invalidation_within_its_review';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invalidation_within_its_review BEFORE INSERT ON reviews_invalidation FOR EACH ROW EXECUTE FUNCTION reviews_check_invalidation();
"""

BACKWARD = """
DROP TRIGGER invalidation_within_its_review ON reviews_invalidation;
DROP FUNCTION reviews_check_invalidation();
DROP TRIGGER approval_while_in_copy_edit ON reviews_approval;
DROP FUNCTION reviews_check_approved();
DROP TRIGGER decision_on_its_scale ON reviews_decision;
DROP FUNCTION reviews_check_decided();
DROP TRIGGER verdict_on_its_scale_and_evidence ON reviews_verdict;
DROP FUNCTION reviews_check_judgement();
DROP TRIGGER seat_in_an_open_round ON reviews_seat;
DROP FUNCTION reviews_check_seat_round();
DROP TRIGGER round_on_its_own_evidence ON reviews_round;
DROP FUNCTION reviews_check_round_set();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0014_comments_never_false")]

    operations = [migrations.RunSQL(RULES, BACKWARD)]

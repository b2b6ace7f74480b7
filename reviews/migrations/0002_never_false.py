"""What no verb, page, shell or SQL can break: seals, arrows, who may stand where, and that what was said stays said."""

from django.db import migrations

INSERT_ONLY = (
    "reviews_ratingscaleversion", "reviews_reviewpolicy", "reviews_conflictofinterest", "reviews_snapshot", "reviews_snapshotcheck",
    "reviews_search", "reviews_evidenceset", "reviews_verdict", "reviews_decision", "reviews_approval", "reviews_invalidation",
)  # fmt: skip

# As `reviews.stages.ARROWS` has them; a test compares.
ARROWS = (
    "adjudication>closed", "adjudication>drafting", "adjudication>research", "approved>copy_edit", "closed>queued", "copy_edit>approved",
    "copy_edit>drafting", "copy_edit>rating", "copy_edit>research", "discussion>adjudication", "discussion>closed", "discussion>drafting",
    "discussion>research", "drafting>copy_edit", "drafting>research", "queued>closed", "queued>research", "rating>discussion", "rating>drafting",
    "rating>research", "research>closed", "research>queued", "research>rating",
)  # fmt: skip

VIEW = """
CREATE VIEW reviews_openverdict AS
    SELECT verdict.id, verdict.created_at, verdict.seat_id, verdict.author_id, verdict.kind, verdict.rating, verdict.rationale,
        verdict.cites, verdict.searches, verdict.evidence_digest, verdict.claim_revision, verdict.scale_id, verdict.commitment, verdict.salt
    FROM reviews_verdict verdict
    JOIN reviews_seat seat ON seat.id = verdict.seat_id
    JOIN reviews_round round ON round.id = seat.round_id
    WHERE round.closed_at IS NOT NULL AND round.outcome <> 'void';
"""

RULES = """
CREATE FUNCTION reviews_refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A review does not go from % to %', OLD.stage, NEW.stage
        USING ERRCODE = 'check_violation', CONSTRAINT = 'review_moves_along_arrows';
END $$;
CREATE TRIGGER review_moves_along_arrows BEFORE UPDATE OF stage ON reviews_review FOR EACH ROW
    WHEN (OLD.stage <> NEW.stage AND NOT (OLD.stage || '>' || NEW.stage) = ANY (ARRAY[%(arrows)s]))
    EXECUTE FUNCTION reviews_refuse_move();

CREATE FUNCTION reviews_refuse_other_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What review % is about never changes', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER review_stays_what_it_is BEFORE UPDATE ON reviews_review FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id OR OLD.claim_id <> NEW.claim_id OR OLD.desk_id <> NEW.desk_id OR OLD.policy_id <> NEW.policy_id
        OR OLD.scale_id <> NEW.scale_id OR NEW.version < OLD.version OR NEW.round_number < OLD.round_number)
    EXECUTE FUNCTION reviews_refuse_other_review();

CREATE FUNCTION reviews_refuse_beginning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A review begins in the queue, not in %', NEW.stage
        USING ERRCODE = 'check_violation', CONSTRAINT = 'review_begins_in_the_queue';
END $$;
CREATE TRIGGER review_begins_in_the_queue BEFORE INSERT ON reviews_review FOR EACH ROW
    WHEN (NEW.stage <> 'queued' OR NEW.round_number <> 0) EXECUTE FUNCTION reviews_refuse_beginning();
CREATE TRIGGER review_stays BEFORE DELETE ON reviews_review FOR EACH ROW EXECUTE FUNCTION audit_refuse();

-- With a lock, so that nobody takes the acceptance back at the same moment: their own rule does not see this row yet.
CREATE FUNCTION reviews_check_acceptance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM claims_claim WHERE id = NEW.claim_id AND triage_status = 'accepted' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Claim % is not accepted', NEW.claim_id USING ERRCODE = 'check_violation', CONSTRAINT = 'review_of_accepted_claim';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_opened_of_accepted_claim BEFORE INSERT ON reviews_review FOR EACH ROW EXECUTE FUNCTION reviews_check_acceptance();
CREATE TRIGGER review_reopened_of_accepted_claim BEFORE UPDATE OF stage ON reviews_review FOR EACH ROW
    WHEN (OLD.stage = 'closed' AND NEW.stage <> 'closed') EXECUTE FUNCTION reviews_check_acceptance();

CREATE FUNCTION reviews_check_adjudicator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id
        WHERE round.review_id = NEW.id AND round.number = NEW.round_number AND seat.holder_id = NEW.adjudicator_id
    ) THEN
        RAISE EXCEPTION 'User % holds or held a seat of this round', NEW.adjudicator_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_adjudicated_by_somebody_else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_adjudicated_by_somebody_else BEFORE UPDATE OF adjudicator_id ON reviews_review FOR EACH ROW
    WHEN (NEW.adjudicator_id IS NOT NULL) EXECUTE FUNCTION reviews_check_adjudicator();

-- What was frozen is read from these rows too: which snapshot counts, and whether it is still there.
CREATE FUNCTION reviews_check_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM reviews_review WHERE id = NEW.review_id AND stage IN ('queued', 'research') FOR SHARE;
    IF NOT FOUND OR TG_OP = 'UPDATE' AND OLD.review_id <> NEW.review_id THEN
        RAISE EXCEPTION 'The evidence of review % is frozen', NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_changes_in_research';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER evidence_comes_in_research BEFORE INSERT ON reviews_evidence FOR EACH ROW EXECUTE FUNCTION reviews_check_evidence();
CREATE TRIGGER evidence_changes_in_research BEFORE UPDATE ON reviews_evidence FOR EACH ROW
    WHEN ((OLD.review_id, OLD.url, OLD.title, OLD.publisher, OLD.origin, OLD.stance, OLD.quotation, OLD.locator, OLD.note,
            OLD.is_confidential, OLD.snapshot_id, OLD.snapshot_exemption, OLD.withdrawn_at)
        IS DISTINCT FROM (NEW.review_id, NEW.url, NEW.title, NEW.publisher, NEW.origin, NEW.stance, NEW.quotation, NEW.locator, NEW.note,
            NEW.is_confidential, NEW.snapshot_id, NEW.snapshot_exemption, NEW.withdrawn_at))
    EXECUTE FUNCTION reviews_check_evidence();
CREATE TRIGGER evidence_stays BEFORE DELETE ON reviews_evidence FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER rows_stay BEFORE TRUNCATE ON reviews_evidence FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- Deferred: the event is written after the row that it tells of. A review that moved twice is looked at as it stands now.
CREATE FUNCTION reviews_check_stage() RETURNS trigger LANGUAGE plpgsql AS $$
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
    THEN
        RAISE EXCEPTION 'Review % has not what makes it be in %', NEW.id, now_in
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_stage_has_its_rows';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER review_stage_has_its_rows AFTER UPDATE OF stage ON reviews_review
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_stage();

CREATE FUNCTION reviews_check_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_auditevent
        WHERE subject_type = 'review' AND subject_id = NEW.id AND transaction = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'Review % moved to % without an event', NEW.id, NEW.stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_moves_on_the_record';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER review_moves_on_the_record AFTER INSERT OR UPDATE OF stage ON reviews_review
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_event();

CREATE FUNCTION reviews_check_round() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL OR (OLD.id, OLD.review_id, OLD.number, OLD.evidence_set_id, OLD.seats_needed)
        IS DISTINCT FROM (NEW.id, NEW.review_id, NEW.number, NEW.evidence_set_id, NEW.seats_needed)
    THEN
        RAISE EXCEPTION 'Round % is closed once and never changed otherwise', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.outcome <> 'void' AND NEW.seats_needed <> (
        SELECT count(DISTINCT seat.id) FROM reviews_seat seat JOIN reviews_verdict verdict ON verdict.seat_id = seat.id
        WHERE seat.round_id = NEW.id AND seat.vacated_at IS NULL
    ) THEN
        RAISE EXCEPTION 'Round % lacks verdicts', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'round_closed_when_all_have_voted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER round_is_closed_once BEFORE UPDATE ON reviews_round FOR EACH ROW EXECUTE FUNCTION reviews_check_round();
CREATE TRIGGER round_stays BEFORE DELETE ON reviews_round FOR EACH ROW EXECUTE FUNCTION audit_refuse();

CREATE FUNCTION reviews_refuse_closed_round() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A round begins open' USING ERRCODE = 'check_violation', CONSTRAINT = 'round_begins_open';
END $$;
CREATE TRIGGER round_begins_open BEFORE INSERT ON reviews_round FOR EACH ROW
    WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION reviews_refuse_closed_round();

-- The verdicts that a decision rests on are those that each seat gave last on the same evidence, claim and scale.
CREATE FUNCTION reviews_check_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    round reviews_round;
    agreeing integer;
BEGIN
    SELECT * INTO round FROM reviews_round WHERE id = NEW.round_id;
    SELECT count(*) INTO agreeing FROM (
        SELECT DISTINCT ON (seat.id) verdict.rating FROM reviews_seat seat JOIN reviews_verdict verdict ON verdict.seat_id = seat.id
        WHERE seat.round_id = NEW.round_id AND seat.vacated_at IS NULL AND verdict.evidence_digest = NEW.evidence_digest
            AND verdict.claim_revision = NEW.claim_revision AND verdict.scale_id = NEW.scale_id
        ORDER BY seat.id, verdict.kind DESC, verdict.id DESC
    ) last WHERE last.rating = NEW.rating;
    IF round.review_id <> NEW.review_id
        OR (round.outcome = 'consensus') <> (NEW.basis = 'consensus') OR round.outcome NOT IN ('consensus', 'disagreement')
        OR NEW.basis <> 'adjudication' AND agreeing <> round.seats_needed
        OR NEW.basis = 'adjudication' AND NOT EXISTS (
            SELECT FROM reviews_review WHERE id = NEW.review_id AND adjudicator_id = NEW.adjudicator_id AND stage = 'adjudication'
        )
    THEN
        RAISE EXCEPTION 'Round % led to no such decision', NEW.round_id USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_of_its_round';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_of_its_round BEFORE INSERT ON reviews_decision FOR EACH ROW EXECUTE FUNCTION reviews_check_decision();

CREATE FUNCTION reviews_check_seat_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.vacated_at IS NOT NULL OR NEW.vacated_at IS NULL
        OR (OLD.id, OLD.round_id, OLD.number, OLD.holder_id) IS DISTINCT FROM (NEW.id, NEW.round_id, NEW.number, NEW.holder_id)
    THEN
        RAISE EXCEPTION 'Seat % is vacated once and never changed otherwise', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seat_is_vacated_once BEFORE UPDATE ON reviews_seat FOR EACH ROW EXECUTE FUNCTION reviews_check_seat_change();
CREATE TRIGGER seat_stays BEFORE DELETE ON reviews_seat FOR EACH ROW EXECUTE FUNCTION audit_refuse();

CREATE FUNCTION reviews_check_seat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review reviews_review;
BEGIN
    SELECT r.* INTO review FROM reviews_review r JOIN reviews_round round ON round.review_id = r.id WHERE round.id = NEW.round_id;
    IF review.lead_id = NEW.holder_id AND NOT (SELECT lead_may_hold_seat FROM reviews_reviewpolicy WHERE id = review.policy_id)
        OR review.adjudicator_id = NEW.holder_id
        OR EXISTS (SELECT FROM reviews_conflictofinterest WHERE review_id = review.id AND user_id = NEW.holder_id)
    THEN
        RAISE EXCEPTION 'User % may hold no seat of review %', NEW.holder_id, review.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_held_by_somebody_independent';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seat_held_by_somebody_independent BEFORE INSERT ON reviews_seat FOR EACH ROW EXECUTE FUNCTION reviews_check_seat();

CREATE FUNCTION reviews_check_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seat reviews_seat;
    round reviews_round;
BEGIN
    SELECT * INTO seat FROM reviews_seat WHERE id = NEW.seat_id;
    SELECT * INTO round FROM reviews_round WHERE id = seat.round_id;
    IF seat.holder_id <> NEW.author_id OR seat.vacated_at IS NOT NULL
        OR (NEW.kind = 'first') <> (round.closed_at IS NULL)
        OR round.outcome IN ('void', 'consensus')
        OR NEW.kind = 'revised' AND EXISTS (SELECT FROM reviews_verdict WHERE seat_id = seat.id AND kind = 'revised')
    THEN
        RAISE EXCEPTION 'Not this verdict, on this seat, now' USING ERRCODE = 'check_violation', CONSTRAINT = 'verdict_of_its_seat';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdict_of_its_seat BEFORE INSERT ON reviews_verdict FOR EACH ROW EXECUTE FUNCTION reviews_check_verdict();

CREATE FUNCTION reviews_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reviews_review WHERE id = NEW.review_id AND NEW.approver_id IN (lead_id, adjudicator_id))
        OR EXISTS (SELECT FROM reviews_draft WHERE review_id = NEW.review_id AND author_id = NEW.approver_id)
        OR EXISTS (SELECT FROM reviews_decision WHERE review_id = NEW.review_id AND adjudicator_id = NEW.approver_id)
        OR EXISTS (SELECT FROM reviews_conflictofinterest WHERE review_id = NEW.review_id AND user_id = NEW.approver_id)
        OR EXISTS (
            SELECT FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id
            WHERE round.review_id = NEW.review_id AND seat.holder_id = NEW.approver_id
        )
    THEN
        RAISE EXCEPTION 'User % took part in review %', NEW.approver_id, NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_by_somebody_else';
    END IF;
    IF NOT EXISTS (SELECT FROM reviews_draft WHERE review_id = NEW.review_id AND digest = NEW.draft_digest)
        OR NEW.decision_id IS DISTINCT FROM (SELECT id FROM reviews_decision WHERE review_id = NEW.review_id ORDER BY id DESC LIMIT 1)
    THEN
        RAISE EXCEPTION 'An approval of something that is not there' USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_of_what_is';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_by_somebody_else BEFORE INSERT ON reviews_approval FOR EACH ROW EXECUTE FUNCTION reviews_check_approval();

-- Claims know nothing of reviews: their verbs are told by the name of this rule that somebody relies on the claim.
CREATE FUNCTION reviews_check_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reviews_review WHERE claim_id = NEW.id AND stage <> 'closed') THEN
        RAISE EXCEPTION 'A review of claim % is under way', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_is_relied_on';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_is_relied_on BEFORE UPDATE OF triage_status ON claims_claim FOR EACH ROW
    WHEN (OLD.triage_status = 'accepted' AND NEW.triage_status <> 'accepted') EXECUTE FUNCTION reviews_check_claim();
""".replace("%(arrows)s", ", ".join(f"'{arrow}'" for arrow in ARROWS))

FINAL = "".join(
    f"CREATE TRIGGER row_is_final BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse();\n"
    f"CREATE TRIGGER rows_stay BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();\n"
    for table in INSERT_ONLY
)

BACKWARD = """
DROP TRIGGER claim_is_relied_on ON claims_claim;
DROP TRIGGER approval_by_somebody_else ON reviews_approval;
DROP TRIGGER verdict_of_its_seat ON reviews_verdict;
DROP TRIGGER seat_held_by_somebody_independent ON reviews_seat;
DROP TRIGGER seat_stays ON reviews_seat;
DROP TRIGGER seat_is_vacated_once ON reviews_seat;
DROP TRIGGER round_stays ON reviews_round;
DROP TRIGGER round_is_closed_once ON reviews_round;
DROP TRIGGER decision_of_its_round ON reviews_decision;
DROP TRIGGER round_begins_open ON reviews_round;
DROP TRIGGER review_moves_on_the_record ON reviews_review;
DROP TRIGGER review_stage_has_its_rows ON reviews_review;
DROP TRIGGER rows_stay ON reviews_evidence;
DROP TRIGGER evidence_stays ON reviews_evidence;
DROP TRIGGER evidence_changes_in_research ON reviews_evidence;
DROP TRIGGER evidence_comes_in_research ON reviews_evidence;
DROP TRIGGER review_adjudicated_by_somebody_else ON reviews_review;
DROP TRIGGER review_reopened_of_accepted_claim ON reviews_review;
DROP TRIGGER review_opened_of_accepted_claim ON reviews_review;
DROP TRIGGER review_stays ON reviews_review;
DROP TRIGGER review_begins_in_the_queue ON reviews_review;
DROP TRIGGER review_stays_what_it_is ON reviews_review;
DROP TRIGGER review_moves_along_arrows ON reviews_review;
DROP FUNCTION reviews_check_claim();
DROP FUNCTION reviews_check_approval();
DROP FUNCTION reviews_check_verdict();
DROP FUNCTION reviews_check_seat();
DROP FUNCTION reviews_check_seat_change();
DROP FUNCTION reviews_check_round();
DROP FUNCTION reviews_check_decision();
DROP FUNCTION reviews_refuse_closed_round();
DROP FUNCTION reviews_check_event();
DROP FUNCTION reviews_check_stage();
DROP FUNCTION reviews_check_evidence();
DROP FUNCTION reviews_check_adjudicator();
DROP FUNCTION reviews_check_acceptance();
DROP FUNCTION reviews_refuse_beginning();
DROP FUNCTION reviews_refuse_other_review();
DROP FUNCTION reviews_refuse_move();
DROP VIEW reviews_openverdict;
""" + "".join(f"DROP TRIGGER row_is_final ON {table};\nDROP TRIGGER rows_stay ON {table};\n" for table in INSERT_ONLY)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial"), ("audit", "0004_event_order"), ("claims", "0005_past_rows")]

    operations = [migrations.RunSQL(VIEW + RULES + FINAL, BACKWARD)]

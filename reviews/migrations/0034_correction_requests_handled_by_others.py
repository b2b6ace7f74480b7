"""What a reader asked stays as it was asked, goes the way of its table, and is handled by nobody who led or approved what it is about."""

from django.db import migrations

ARROWS = (
    "received acknowledged",
    "acknowledged accepted",
    "acknowledged declined",
    "acknowledged duplicate",
    "accepted resolved",
    "declined resolved",
    "duplicate resolved",
)

RULES = """
CREATE FUNCTION reviews_check_new_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'received' OR NOT EXISTS (
        SELECT FROM reviews_factcheckrevision revision JOIN reviews_factcheck fact_check ON fact_check.id = revision.fact_check_id
        WHERE revision.id = NEW.revision_id AND fact_check.id = NEW.fact_check_id AND fact_check.review_id = NEW.review_id
    ) THEN
        RAISE EXCEPTION 'A request about % that is not about it, or begins as %', NEW.fact_check_id, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_request_about_its_fact_check';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER correction_request_about_its_fact_check BEFORE INSERT ON reviews_correctionrequest
    FOR EACH ROW EXECUTE FUNCTION reviews_check_new_request();

CREATE FUNCTION reviews_check_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changing text[] := ARRAY['state', 'handler_id', 'answer', 'duplicate_of_id', 'acknowledged_at', 'answered_at', 'resolved_at',
    'version', 'updated_at', 'updated_by_id'];
BEGIN
    IF to_jsonb(NEW) - changing <> to_jsonb(OLD) - changing OR NOT starts_with(NEW.answer, OLD.answer) THEN
        RAISE EXCEPTION 'What request % asked, or was answered, stays', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND OLD.state || ' ' || NEW.state NOT IN (ARROWS) THEN
        RAISE EXCEPTION 'Request % does not go from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_request_goes_its_way';
    END IF;
    IF NEW.duplicate_of_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM reviews_correctionrequest WHERE id = NEW.duplicate_of_id AND fact_check_id = NEW.fact_check_id
    ) THEN
        RAISE EXCEPTION 'Request % repeats one about something else', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_request_duplicates_its_like';
    END IF;
    -- A new revision resolves it, whoever has approved that one.
    IF NEW.handler_id IS NOT NULL AND (
        EXISTS (SELECT FROM reviews_lead WHERE review_id = NEW.review_id AND user_id = NEW.handler_id)
        OR EXISTS (
            SELECT FROM reviews_factcheckrevision revision JOIN reviews_approval approval ON approval.id = revision.approval_id
            WHERE approval.approver_id = NEW.handler_id AND (revision.id = NEW.revision_id OR NEW.state <> 'resolved' AND revision.number = (
                SELECT max(number) FROM reviews_factcheckrevision WHERE fact_check_id = NEW.fact_check_id
            ) AND revision.fact_check_id = NEW.fact_check_id)
        )
        OR NEW.state <> 'resolved' AND EXISTS (
            SELECT FROM reviews_conflictofinterest WHERE review_id = NEW.review_id AND user_id = NEW.handler_id
        )
    ) THEN
        RAISE EXCEPTION 'User % has a part in what request % is about', NEW.handler_id, OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_request_handled_by_somebody_else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER correction_request_goes_its_way BEFORE UPDATE ON reviews_correctionrequest
    FOR EACH ROW EXECUTE FUNCTION reviews_check_request();
CREATE TRIGGER correction_request_stays BEFORE DELETE ON reviews_correctionrequest FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER rows_stay BEFORE TRUNCATE ON reviews_correctionrequest FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

CREATE FUNCTION reviews_check_request_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_auditevent
        WHERE subject_type = 'correctionrequest' AND subject_id = NEW.id AND transaction = pg_current_xact_id()::text::bigint
            AND (TG_OP = 'INSERT' OR data -> 'state' ->> 1 = NEW.state)
    ) THEN
        RAISE EXCEPTION 'Request % became % without an event', NEW.id, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'correction_request_moves_on_the_record';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER correction_request_moves_on_the_record AFTER INSERT OR UPDATE OF state ON reviews_correctionrequest
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION reviews_check_request_event();
"""

BACKWARD = """
DROP TRIGGER correction_request_moves_on_the_record ON reviews_correctionrequest;
DROP FUNCTION reviews_check_request_event();
DROP TRIGGER rows_stay ON reviews_correctionrequest;
DROP TRIGGER correction_request_stays ON reviews_correctionrequest;
DROP TRIGGER correction_request_goes_its_way ON reviews_correctionrequest;
DROP FUNCTION reviews_check_request();
DROP TRIGGER correction_request_about_its_fact_check ON reviews_correctionrequest;
DROP FUNCTION reviews_check_new_request();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0033_correction_requests")]

    operations = [migrations.RunSQL(RULES.replace("ARROWS", ", ".join(f"'{arrow}'" for arrow in ARROWS)), BACKWARD)]

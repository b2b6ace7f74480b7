"""A verdict is revised as often as the policy says, and where it says so nobody approves what they have changed since it was handed in."""

from django.db import migrations

VERDICT = """
CREATE OR REPLACE FUNCTION reviews_check_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seat reviews_seat;
    round reviews_round;
BEGIN
    SELECT * INTO seat FROM reviews_seat WHERE id = NEW.seat_id;
    SELECT * INTO round FROM reviews_round WHERE id = seat.round_id;
    IF seat.holder_id <> NEW.author_id OR seat.vacated_at IS NOT NULL
        OR (NEW.kind = 'first') <> (round.closed_at IS NULL)
        OR round.outcome IN ('void', 'consensus')
        OR NEW.kind = 'revised' AND (SELECT count(*) FROM reviews_verdict WHERE seat_id = seat.id AND kind = 'revised') >= %(most)s
    THEN
        RAISE EXCEPTION 'Not this verdict, on this seat, now' USING ERRCODE = 'check_violation', CONSTRAINT = 'verdict_of_its_seat';
    END IF;
    RETURN NEW;
END $$;
"""
MOST = """(
            SELECT policy.discussion_rounds FROM reviews_review review JOIN reviews_reviewpolicy policy ON policy.id = review.policy_id
            WHERE review.id = round.review_id
        )"""

RULES = """
CREATE FUNCTION reviews_check_editor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM reviews_review review JOIN reviews_reviewpolicy policy ON policy.id = review.policy_id
        JOIN audit_auditevent edit ON edit.subject_type = 'review' AND edit.subject_id = review.id
        WHERE review.id = NEW.review_id AND NOT policy.approver_may_edit_draft
            AND edit.action = 'edit_draft' AND edit.actor_id = NEW.approver_id AND edit.data -> 'draft' <> '[]'
            AND edit.number > (
                SELECT max(number) FROM audit_auditevent
                WHERE subject_type = 'review' AND subject_id = review.id AND action = 'submit_draft'
            )
    ) THEN
        RAISE EXCEPTION 'User % has changed the text of review % since it was handed in', NEW.approver_id, NEW.review_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_of_somebody_elses_words';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_of_somebody_elses_words BEFORE INSERT ON reviews_approval FOR EACH ROW EXECUTE FUNCTION reviews_check_editor();
"""
BACKWARD = """
DROP TRIGGER approval_of_somebody_elses_words ON reviews_approval;
DROP FUNCTION reviews_check_editor();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0021_discussion_rounds_and_edits_of_approvers")]

    operations = [
        migrations.RunSQL(VERDICT.replace("%(most)s", MOST), VERDICT.replace("%(most)s", "1")),
        migrations.RunSQL(RULES, BACKWARD),
    ]

from django.db import migrations

# The lock on the review keeps its chain in order: if any event is of this transaction, the last one is.
CHECK = """
CREATE OR REPLACE FUNCTION reviews_check_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_current_xact_id()::text::bigint IS DISTINCT FROM ({transaction}) THEN
        RAISE EXCEPTION 'Review % moved to % without an event', NEW.id, NEW.stage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_moves_on_the_record';
    END IF;
    RETURN NULL;
END $$;
"""
LAST = """
    SELECT transaction FROM audit_auditevent WHERE subject_type = 'review' AND subject_id = NEW.id ORDER BY number DESC LIMIT 1
"""
ANY = """
    SELECT max(transaction) FROM audit_auditevent
    WHERE subject_type = 'review' AND subject_id = NEW.id AND transaction = pg_current_xact_id()::text::bigint
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0016_numbers_confirmed_of_a_revision")]

    operations = [migrations.RunSQL(CHECK.format(transaction=LAST), CHECK.format(transaction=ANY))]

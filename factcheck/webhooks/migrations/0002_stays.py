"""What was announced and what was tried is never changed; it may be forgotten."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION webhooks_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER webhook_event_stays BEFORE UPDATE ON webhooks_webhookevent FOR EACH ROW EXECUTE FUNCTION webhooks_refuse();
CREATE TRIGGER webhook_attempt_stays BEFORE UPDATE ON webhooks_webhookattempt FOR EACH ROW EXECUTE FUNCTION webhooks_refuse();
"""

BACKWARD = """
DROP TRIGGER webhook_attempt_stays ON webhooks_webhookattempt;
DROP TRIGGER webhook_event_stays ON webhooks_webhookevent;
DROP FUNCTION webhooks_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

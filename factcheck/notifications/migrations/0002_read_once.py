"""A notification is read once, and is otherwise what it was; it may be forgotten."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION notifications_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Notification % is read once and never changed otherwise', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER notification_is_read_once BEFORE UPDATE ON notifications_notification FOR EACH ROW
    WHEN (OLD.read_at IS NOT NULL OR NEW.read_at IS NULL
        OR (OLD.id, OLD.created_at, OLD.user_id, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.cause_id, OLD.words)
            IS DISTINCT FROM (NEW.id, NEW.created_at, NEW.user_id, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.cause_id, NEW.words))
    EXECUTE FUNCTION notifications_refuse();
"""

BACKWARD = """
DROP TRIGGER notification_is_read_once ON notifications_notification;
DROP FUNCTION notifications_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""Whoever handles a request may lead the verification that it brings about: they do nothing more with it, and what comes of that resolves it."""

from importlib import import_module

from django.db import migrations

revisions = import_module("reviews.migrations.0027_revisions_never_false")
requests = import_module("reviews.migrations.0034_correction_requests_handled_by_others")

RULES = requests.RULES.replace("ARROWS", ", ".join(f"'{arrow}'" for arrow in requests.ARROWS))
LED = "EXISTS (SELECT FROM reviews_lead WHERE review_id = NEW.review_id AND user_id = NEW.handler_id)"
REQUEST = revisions.replacing(
    RULES, "reviews_check_request",
    (LED, f"(NEW.state <> 'resolved' OR NEW.handler_id IS DISTINCT FROM OLD.handler_id) AND {LED}"),
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("reviews", "0036_revisions_for_requests")]

    operations = [migrations.RunSQL(*REQUEST)]

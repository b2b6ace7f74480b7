"""A small change is approved by whoever publishes it, of what somebody else wrote, and rates as before: a rating changes by another round."""

from importlib import import_module

from django.db import migrations

of_its_own_review = import_module("reviews.migrations.0015_of_its_own_review")
as_the_policy_says = import_module("reviews.migrations.0022_as_often_as_the_policy_says")
revisions_stay = import_module("reviews.migrations.0024_revisions_stay")
doubts = import_module("reviews.migrations.0026_doubts_never_false")

# As `reviews.stages.ARROWS` has them; a test compares.
ARROWS = (*doubts.ARROWS, "under_revision>research", "research>under_revision", "drafting>under_revision")


def function(rules, name):
    """One of these functions, to be replaced."""
    return next(part for part in rules.split("CREATE FUNCTION ") if part.startswith(f"{name}()")).split("CREATE ")[0]


def replacing(rules, name, *changes):
    """The function with these changes, and as it was."""
    before = after = "CREATE OR REPLACE FUNCTION " + function(rules, name)
    for old, new in changes:
        assert old in after, old
        after = after.replace(old, new)
    return after, before


APPROVED = replacing(
    of_its_own_review.RULES, "reviews_check_approved",
    ("review.stage = 'copy_edit'", "review.stage IN ('copy_edit', 'under_revision')"),
)  # fmt: skip

EDITOR = replacing(
    as_the_policy_says.RULES, "reviews_check_editor",
    ("NOT policy.approver_may_edit_draft", "(NOT policy.approver_may_edit_draft OR review.stage = 'under_revision')"),
    ("action = 'submit_draft'", "action IN ('submit_draft', 'open_revision', 'abandon_reverification')"),
)  # fmt: skip

REVISION = replacing(
    revisions_stay.RULES, "reviews_check_revision",
    ("    about uuid;\n", "    about uuid;\n    rated reviews_decision;\n    rated_in integer;\n    rated_before_in integer;\n"),
    (
        "AND review.stage = 'approved'",
        "AND review.stage = CASE WHEN NEW.kind IN ('first', 'reverified') THEN 'approved' ELSE 'under_revision' END",
    ),
    (doubts.LAST.format(review="about"), doubts.LAST_THAT_COUNTS.format(review="about")),
    ("    RETURN NEW;\n", """    SELECT decided.* INTO rated FROM reviews_decision decided JOIN reviews_approval approval ON approval.decision_id = decided.id
    WHERE approval.id = NEW.approval_id;
    SELECT number INTO rated_in FROM reviews_round WHERE id = rated.round_id;
    SELECT round.number INTO rated_before_in FROM reviews_factcheckrevision last JOIN reviews_approval approval ON approval.id = last.approval_id
    JOIN reviews_decision decided ON decided.id = approval.decision_id JOIN reviews_round round ON round.id = decided.round_id
    WHERE last.fact_check_id = NEW.fact_check_id ORDER BY last.number DESC LIMIT 1;
    IF NEW.content::jsonb #>> '{rating,code}' IS DISTINCT FROM rated.rating
        OR (NEW.kind = 'reverified') <> coalesce(rated_in > rated_before_in, false)
        OR NEW.kind IN ('typo', 'update') AND rated_in <> rated_before_in
    THEN
        RAISE EXCEPTION 'The rating of revision % of % is not what was decided, or not in a round of its own', NEW.number, NEW.fact_check_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_rates_as_decided';
    END IF;
    RETURN NEW;
"""),
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("reviews", "0026_doubts_never_false")]

    operations = [
        migrations.RunSQL(revisions_stay.moves(ARROWS), revisions_stay.moves(doubts.ARROWS)),
        migrations.RunSQL(*APPROVED),
        migrations.RunSQL(*EDITOR),
        migrations.RunSQL(*REVISION),
    ]

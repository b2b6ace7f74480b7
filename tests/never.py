"""What must never be of reviews, asked of their rows past every seal, and counted another way than the product counts."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection

# Each of `own`, the reviews that are asked for.
NEVER = {
    "a round is open where nobody rates, or none where somebody does": """
        SELECT own.id FROM own LEFT JOIN reviews_round round ON round.review_id = own.id AND round.closed_at IS NULL
        GROUP BY own.id, own.stage HAVING count(round.id) <> (own.stage = 'rating')::int
    """,
    "a sealed verdict is in the view": """
        SELECT verdict.id FROM own JOIN reviews_round round ON round.review_id = own.id JOIN reviews_seat seat ON seat.round_id = round.id
        JOIN reviews_openverdict verdict ON verdict.seat_id = seat.id WHERE round.closed_at IS NULL OR round.outcome = 'void'
    """,
    "somebody approved what they had a part in": """
        SELECT approval.id FROM own JOIN reviews_approval approval ON approval.review_id = own.id
        WHERE EXISTS (
            SELECT FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id
            WHERE round.review_id = own.id AND seat.holder_id = approval.approver_id AND seat.created_at < approval.created_at
        ) OR EXISTS (SELECT FROM reviews_decision d WHERE d.review_id = own.id AND d.adjudicator_id = approval.approver_id) OR EXISTS (
            SELECT FROM audit_auditevent e WHERE e.subject_type = 'review' AND e.subject_id = own.id AND e.at < approval.created_at
                AND (e.data -> 'lead_id' ? approval.approver_id::text OR e.data -> 'adjudicator_id' ? approval.approver_id::text)
        )
    """,
    "one person has two parts in a round": """
        SELECT round.id FROM own JOIN reviews_round round ON round.review_id = own.id
        JOIN reviews_seat seat ON seat.round_id = round.id AND seat.vacated_at IS NULL
        WHERE round.closed_at IS NULL AND seat.holder_id IN (own.lead_id, own.adjudicator_id)
    """,
    "a consensus without all verdicts": """
        SELECT decision.id FROM own JOIN reviews_decision decision ON decision.review_id = own.id
        JOIN reviews_round round ON round.id = decision.round_id
        WHERE decision.basis = 'consensus' AND round.seats_needed > (
            SELECT count(DISTINCT v.seat_id) FROM reviews_verdict v JOIN reviews_seat s ON s.id = v.seat_id
            WHERE s.round_id = round.id AND v.rating = decision.rating AND v.kind = 'first'
        )
    """,
    "approved without an approval that counts": """
        SELECT own.id FROM own WHERE stage = 'approved' AND NOT EXISTS (
            SELECT FROM reviews_approval a WHERE a.review_id = own.id AND NOT EXISTS (
                SELECT FROM reviews_invalidation i WHERE i.subject_type = 'approval' AND i.subject_id = a.id
            )
        )
    """,
    "approved on evidence that somebody marked unreliable": """
        SELECT own.id FROM own JOIN reviews_round round ON round.review_id = own.id AND round.number = own.round_number
        JOIN reviews_decision decision ON decision.round_id = round.id JOIN reviews_evidenceset set ON set.id = round.evidence_set_id
        JOIN reviews_invalidation i ON i.subject_type = 'evidence'
            AND i.subject_id::text IN (SELECT item ->> 'id' FROM jsonb_array_elements(set.items) item)
        WHERE own.stage = 'approved' AND i.created_at > decision.created_at
    """,
    "published without what somebody else approved": """
        SELECT own.id FROM own WHERE stage = 'published' AND NOT EXISTS (
            SELECT FROM reviews_factcheck public JOIN reviews_factcheckrevision revision ON revision.fact_check_id = public.id
            JOIN reviews_approval a ON a.id = revision.approval_id JOIN reviews_decision decision ON decision.id = a.decision_id
            JOIN reviews_draft draft ON draft.review_id = own.id
            WHERE public.review_id = own.id AND a.review_id = own.id AND public.changed_at = revision.published_at AND revision.content::jsonb ->> 'body' = draft.body
                AND revision.content::jsonb -> 'rating' ->> 'code' = decision.rating
                AND revision.digest = encode(sha256(convert_to(revision.content, 'UTF8')), 'hex')
        )
    """,
    "closed or under revision without being public, or public and closed": """
        SELECT own.id FROM own LEFT JOIN reviews_factcheck public ON public.review_id = own.id
        WHERE own.stage IN ('published', 'under_revision', 'retracted') AND public.id IS NULL OR own.stage = 'closed' AND public.id IS NOT NULL
    """,
    "retracted by one person, or by nobody": """
        SELECT own.id FROM own LEFT JOIN reviews_factcheck public ON public.review_id = own.id
        LEFT JOIN reviews_retraction retraction ON retraction.fact_check_id = public.id
        LEFT JOIN reviews_retractionproposal proposal ON proposal.id = retraction.proposal_id
        WHERE (own.stage = 'retracted') <> (retraction.id IS NOT NULL) OR proposal.proposed_by_id = retraction.retracted_by_id
            OR public.changed_at < retraction.retracted_at
    """,
    "somebody was told what they did themselves": """
        SELECT told.id FROM own JOIN notifications_notification told ON told.subject_id = own.id
        JOIN audit_auditevent event ON event.id = told.cause_id WHERE event.actor_id = told.user_id
    """,
    "somebody who voted has said something meanwhile": """
        SELECT comment.id FROM own JOIN reviews_comment comment ON comment.review_id = own.id
        JOIN reviews_round round ON round.review_id = own.id
        JOIN reviews_seat seat ON seat.round_id = round.id AND seat.holder_id = comment.author_id
        WHERE comment.created_at > seat.created_at AND (round.closed_at IS NULL OR comment.created_at < round.closed_at)
    """,
    "more than five rounds": """
        SELECT own.id FROM own WHERE round_number > 5 + coalesce((
            SELECT max(round.number) FROM reviews_factcheck public JOIN reviews_factcheckrevision revision ON revision.fact_check_id = public.id
            JOIN reviews_approval approval ON approval.id = revision.approval_id JOIN reviews_decision decision ON decision.id = approval.decision_id
            JOIN reviews_round round ON round.id = decision.round_id WHERE public.review_id = own.id
        ), 0)
    """,
    "a rating that changed without another round, or a change that readers were not told of": """
        SELECT now.id FROM own JOIN reviews_factcheck public ON public.review_id = own.id
        JOIN reviews_factcheckrevision now ON now.fact_check_id = public.id
        JOIN reviews_factcheckrevision before ON before.fact_check_id = public.id AND before.number = now.number - 1
        JOIN reviews_approval given ON given.id = now.approval_id JOIN reviews_approval given_before ON given_before.id = before.approval_id
        WHERE now.kind <> 'typo' AND now.content::jsonb #>> '{corrections,-1,text}' IS DISTINCT FROM now.public_note
            OR now.published_at <= before.published_at OR given.decision_id = given_before.decision_id
            AND now.content::jsonb #> '{rating,code}' <> before.content::jsonb #> '{rating,code}'
    """,
    "the last event tells of another version": """
        SELECT own.id FROM own WHERE version IS DISTINCT FROM (
            SELECT version FROM audit_auditevent event WHERE subject_type = 'review' AND subject_id = own.id ORDER BY number DESC LIMIT 1
        )
    """,
    "the events tell of another way to its stage": """
        SELECT own.id FROM own LEFT JOIN (
            SELECT subject_id, data -> 'stage' ->> 0 AS came_from, data -> 'stage' ->> 1 AS went_to, number,
                lag(data -> 'stage' ->> 1) OVER chain AS was_in, lead(number) OVER chain IS NULL AS is_last
            FROM audit_auditevent WHERE subject_type = 'review' AND subject_id IN (SELECT id FROM own) AND data ? 'stage'
            WINDOW chain AS (PARTITION BY subject_id ORDER BY number)
        ) told ON told.subject_id = own.id
        WHERE told.came_from IS DISTINCT FROM told.was_in OR (told.is_last AND told.went_to <> own.stage) OR told.number IS NULL
    """,
}  # fmt: skip

# Of filled seats, given since the claim was edited and evidence of the set was marked.
VERDICTS_THAT_COUNT = """
    SELECT count(DISTINCT seat.id) FROM reviews_verdict verdict
    JOIN reviews_seat seat ON seat.id = verdict.seat_id JOIN reviews_round round ON round.id = seat.round_id
    JOIN reviews_evidenceset set ON set.id = round.evidence_set_id JOIN reviews_review review ON review.id = round.review_id
    JOIN claims_claim claim ON claim.id = review.claim_id
    WHERE review.id = asked AND round.number = review.round_number AND seat.vacated_at IS NULL AND verdict.claim_revision = claim.revision
        AND verdict.created_at > coalesce((
            SELECT max(i.created_at) FROM reviews_invalidation i
            WHERE i.subject_type = 'evidence' AND i.subject_id::text IN (SELECT item ->> 'id' FROM jsonb_array_elements(set.items) item)
        ), '-infinity')
"""


def prepare() -> None:
    """The questions as functions, until the transaction ends: planned once, since whoever walks asks them after every step."""
    lies = " UNION ALL ".join(f"SELECT '{words}', lie.id FROM ({query}) lie" for words, query in NEVER.items())
    own = "WITH own AS MATERIALIZED (SELECT * FROM reviews_review review WHERE review.id = ANY (asked))"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION never_found(asked uuid[]) RETURNS TABLE (words text, row_id uuid) LANGUAGE plpgsql AS $$
            #variable_conflict use_column
            BEGIN RETURN QUERY {own} {lies}; END $$;
            CREATE FUNCTION verdicts_that_count(asked uuid) RETURNS bigint LANGUAGE plpgsql AS $$
            BEGIN RETURN ({VERDICTS_THAT_COUNT}); END $$
            """
        )


def lies(reviews: Collection[UUID]) -> list[tuple[str, UUID]]:
    """What is so of these reviews and must never be. What is checked at the end of a transaction is checked first."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT * FROM never_found(%s::uuid[])", [list(reviews)])
        return list(cursor.fetchall())


def verdicts_that_count(review: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT verdicts_that_count(%s)", [review])
        [count] = cursor.fetchone()
    return int(count)


class Written:
    """Calls count the rows that this transaction has inserted, changed or deleted in these tables, those that it took back included."""

    def __init__(self, tables: Collection[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT oid FROM pg_class WHERE oid = ANY (%s::regclass[])", [list(tables)])
            self.tables = [oid for (oid,) in cursor.fetchall()]

    def __call__(self) -> int:
        counted = " + ".join(f"pg_stat_get_xact_tuples_{done}(oid)" for done in ("inserted", "updated", "deleted"))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT sum({counted}) FROM unnest(%s::oid[]) oid", [self.tables])
            [count] = cursor.fetchone()
        return int(count)

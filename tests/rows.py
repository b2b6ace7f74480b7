"""Many rows in little time, for plans and measurements: made by the database itself, shaped as the pipeline would leave them."""

from __future__ import annotations

from django.db import connection

from tests import make

CLAIMS_PER_ARTICLE = 10
OUTLETS = 50

# Keys rise with the row's number, as UUIDv7 do with time.
_KEY = "('01900000-0000-7000-80%s0-' || lpad(to_hex(%s), 12, '0'))::uuid"


def _key(kind: int, number: str) -> str:
    return _KEY % (f"{kind:x}", number)


def fill(claims: int) -> None:
    """`claims` claims with one appearance each, ten to an article, articles of 50 outlets. One in ten was written by hand and
    has no score; scores are tied now and then. Ends with ANALYZE.
    """
    articles = claims // CLAIMS_PER_ARTICLE
    assert articles * CLAIMS_PER_ARTICLE == claims
    sentence = (
        "'Sentence ' || n || ' of this article says that prices rose by ' || n % 90 || ' per cent, the bank reported. '"
    )
    # Few words are frequent and most are rare, as in any language: what the planner knows of words depends on it.
    words = " ".join(
        f"w' || (power(abs(hashint8(c + {n})::int8) / 2147483648.0, 5) * 30000)::int || '" for n in (1, 2, 3, 5)
    )
    triager = make.user("triager-of-many", "triager").pk
    statements = (
        f"""
        INSERT INTO claims_outlet (id, name, domain)
        SELECT {_key(1, "o")}, 'Outlet ' || o, 'outlet' || o || '.example' FROM generate_series(1, {OUTLETS}) o
        """,
        f"""
        INSERT INTO claims_article (id, canonical_url, outlet_id, identity, title, byline, language, published_at)
        SELECT {_key(2, "a")}, 'https://outlet.example/' || a, {_key(1, f"1 + a % {OUTLETS}")}, md5(a::text),
            'Article ' || a || ' on prices', 'A. Writer', CASE WHEN a % 3 = 0 THEN 'uk' ELSE 'en' END,
            CASE WHEN a % 4 > 0 THEN timestamptz '2025-01-01 00:00Z' + (a % 997) * interval '1 hour' END
        FROM generate_series(1, {articles}) a
        """,
        # A sentence is padded to 100 characters, so that a claim's place follows from its number.
        f"""
        INSERT INTO claims_articleversion
            (id, article_id, number, text, text_sha256, text_fingerprint, length, fetched_at)
        SELECT {_key(3, "a")}, {_key(2, "a")}, 1, text, encode(sha256(convert_to(text, 'UTF8')), 'hex'), md5(text), length(text), now()
        FROM generate_series(1, {articles}) a, LATERAL (
            SELECT string_agg(rpad({sentence}, 100), '' ORDER BY n) AS text
            FROM generate_series(0, {CLAIMS_PER_ARTICLE - 1}) n
        ) made
        """,
        f"""
        INSERT INTO claims_claim (
            id, text, kind, modality, claimant, language, check_worthiness, contributions, rank_in_article, quantities,
            time_references, entities, gaps, article_id, triage_status, triage_reason, triage_note, risk, is_manual,
            edited_fields, revision, version, updated_at, triaged_by_id, triaged_at
        )
        SELECT {_key(4, "c")}, 'Prices rose by ' || c % 90 || ' per cent, report ' || c || ' on {words} says.',
            CASE WHEN c % 3 = 0 THEN 'change' ELSE 'statement' END, 'asserted', 'Bank ' || c % 300, 'en',
            CASE WHEN c % 10 > 0 THEN (c * 7919 % 5000) / 5000.0 END,
            '[{{"name": "number", "weight": 1.25, "reason": "says how much"}}, {{"name": "bias", "weight": -0.5, "reason": ""}}]',
            1 + c % {CLAIMS_PER_ARTICLE},
            '[{{"form": "percentage", "value": 40.0, "unit": "per cent", "factor": 1.4, "direction": "up",
               "span": {{"start": 3, "end": 20, "quotation": "rose by 40 per cent"}}, "baseline": null}}]',
            '[]', ARRAY['the bank'], ARRAY['baseline_without_number'], {_key(2, f"1 + (c - 1) / {CLAIMS_PER_ARTICLE}")},
            CASE c % 7 WHEN 0 THEN 'accepted' WHEN 1 THEN 'rejected' ELSE 'candidate' END,
            CASE c % 7 WHEN 1 THEN 'opinion' ELSE '' END, '', 'normal', c % 10 = 0,
            '{{}}', 1, 1, timestamptz '2025-06-01 00:00Z' + (c * 31 % 4999) * interval '1 minute',
            CASE WHEN c % 7 < 2 THEN '{triager}'::uuid END, CASE WHEN c % 7 < 2 THEN timestamptz '2025-06-02 00:00Z' END
        FROM generate_series(1, {claims}) c
        """,
        f"""
        INSERT INTO claims_appearance (id, claim_id, article_version_id, start, "end", quotation, attribution, is_manual)
        SELECT {_key(5, "c")}, {_key(4, "c")}, v.id, n * 100, n * 100 + 60, substr(v.text, n * 100 + 1, 60),
            '[{{"name": "the bank", "role": "speaker", "cue": "reported", "speech": "indirect", "span": null}}]', false
        FROM generate_series(1, {claims}) c, LATERAL (SELECT (c - 1) % {CLAIMS_PER_ARTICLE} AS n) place,
            claims_articleversion v
        WHERE v.id = {_key(3, f"1 + (c - 1) / {CLAIMS_PER_ARTICLE}")}
        """,
        "ANALYZE claims_outlet, claims_article, claims_articleversion, claims_claim, claims_appearance",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


DESKS = 20
STAGES = (
    "queued", "research", "rating", "discussion", "adjudication", "drafting", "copy_edit", "approved", "closed", "closed",
)  # fmt: skip


def fill_reviews(reviews: int, room: make.Newsroom, claims: int = 0) -> None:
    """A review of each of so many claims (of `claims` where there are more), at every stage: every hundredth is the room's and Finn's, the others of twenty desks more. Each
    has two items of evidence, one of them of a stored page that was looked at twice; every hundredth page of a desk says something else
    by now. A few reviews are on hold. Ends with ANALYZE.
    """
    fill(claims or reviews)
    other = make.user("triager-of-many").pk
    desk, scale, policy, lead = room.desk.pk, room.desk.scale_id, room.desk.policy_id, room.finn.pk
    stages = ", ".join(f"'{stage}'" for stage in STAGES)
    tables = ("desk", "review", "snapshot", "snapshotcheck", "evidence")
    desk_of = f"CASE n % 100 WHEN 7 THEN '{desk}'::uuid ELSE {_key(6, f'1 + n % {DESKS}')} END"
    statements = (
        f"""
        INSERT INTO reviews_desk (id, name, publisher_name, publisher_url, policy_id, scale_id)
        SELECT {_key(6, "d")}, 'Desk ' || d, '', '', '{policy}', '{scale}' FROM generate_series(1, {DESKS}) d
        """,
        f"""
        INSERT INTO reviews_review (
            id, claim_id, claim_revision, desk_id, policy_id, scale_id, risk, stage, due_at, held_at, lead_id, lease_until, adjudicator_id,
            round_number, single_origin_reason, closed_reason, closed_note, version, updated_at
        )
        SELECT {_key(7, "n")}, {_key(4, "n")}, 1, {desk_of}, '{policy}', '{scale}', CASE n % 9 WHEN 0 THEN 'high' ELSE 'normal' END, stage,
            CASE WHEN n % 5 > 0 THEN timestamptz '2025-06-01 00:00Z' + (n * 31 % 4999) * interval '1 minute' END,
            CASE WHEN n % 79 = 0 THEN timestamptz '2025-06-01 00:00Z' END,
            CASE WHEN stage NOT IN ('queued', 'closed') THEN CASE n % 100 WHEN 7 THEN '{lead}'::uuid ELSE '{other}'::uuid END END,
            CASE stage WHEN 'research' THEN timestamptz '2125-06-01 00:00Z' END,
            CASE stage WHEN 'adjudication' THEN '{room.dana.pk}'::uuid END,
            CASE WHEN stage IN ('queued', 'research', 'closed') THEN 0 ELSE 1 END, '', CASE stage WHEN 'closed' THEN 'other' ELSE '' END, '', 1,
            timestamptz '2025-06-01 00:00Z' + (n * 37 % 4999) * interval '1 minute'
        FROM generate_series(1, {reviews}) n, LATERAL (SELECT (ARRAY[{stages}])[1 + n / 100 % {len(STAGES)}] AS stage) made
        """,
        f"""
        INSERT INTO reviews_snapshot (id, url, url_final, name, taken_at, media_type, size_bytes, sha256, text, text_sha256, key)
        SELECT {_key(8, "n")}, 'https://source.example/' || n, '', '', timestamptz '2025-06-01 00:00Z', 'text/html', 1000,
            encode(sha256(n::text::bytea), 'hex'), 'Prices rose.', '', 'k' || n
        FROM generate_series(1, {reviews}) n
        """,
        f"""
        INSERT INTO reviews_snapshotcheck (id, snapshot_id, outcome, detail, found_sha256, checked_at)
        SELECT {_key(9, "2 * n + look")}, {_key(8, "n")},
            CASE WHEN look = 0 THEN 'sound' WHEN n / 100 % 100 = 3 THEN 'text_changed' ELSE 'unchanged' END, '', '',
            timestamptz '2025-06-08 00:00Z'
        FROM generate_series(1, {reviews}) n, generate_series(0, 1) look
        """,
        f"""
        INSERT INTO reviews_evidence (
            id, review_id, url, title, publisher, origin, stance, quotation, locator, note, is_confidential, snapshot_id,
            snapshot_exemption, snapshot_error, added_by_id, version, updated_at
        )
        SELECT ('01900000-0000-7000-81' || lpad(to_hex(item), 2, '0') || '-' || lpad(to_hex(n), 12, '0'))::uuid, {_key(7, "n")},
            'https://source.example/' || n, 'Tables', '', 'Ministry', 'refutes', '33,000', 'page 3', '', false,
            CASE item WHEN 0 THEN {_key(8, "n")} END, CASE item WHEN 0 THEN '' ELSE 'A paper archive.' END, '', '{lead}', 1,
            timestamptz '2025-06-01 00:00Z'
        FROM generate_series(1, {reviews}) n, generate_series(0, 1) item
        """,
    )
    with connection.cursor() as cursor:
        # Whoever writes a review in the middle of its life is stopped by triggers; what is deferred has to be done before they are.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE reviews_{table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE reviews_{table} ENABLE TRIGGER USER")
            cursor.execute(f"ANALYZE reviews_{table}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def fill_desk(claims: int, room: make.Newsroom) -> None:
    """`claims` claims, a tenth of them under review, and all that a desk shows beside: an event of each, a reading and a job of each article,
    earlier fact-checks, matches of every fifth, imports with failed rows. Ends with ANALYZE.
    """
    fill_reviews(claims // 10, room, claims)
    articles, checks, runs = claims // CLAIMS_PER_ARTICLE, claims // 100, claims // 100
    actor = make.user("triager-of-many").pk
    statements = {
        "audit_auditevent": f"""
            SELECT {_key(10, "n")} AS id, kind AS subject_type, subject AS subject_id, 1 AS number, action, 1 AS version,
                CASE WHEN n % 3 > 0 THEN '{actor}'::uuid END AS actor_id, 'session' AS origin, '' AS request_id, '' AS reason, '' AS note,
                '{{"text": "Prices rose."}}'::jsonb AS data, timestamptz '2025-06-01 00:00Z' + n * interval '1 minute' AS at,
                '' AS previous_hash, md5(n::text) AS hash
            FROM generate_series(1, {claims}) n, LATERAL (
                SELECT 'claim' AS kind, {_key(4, "n")} AS subject, (ARRAY['accept', 'reject', 'create'])[1 + n % 3] AS action
            ) made""",
        "claims_earlierfactcheck": f"""
            SELECT {_key(11, "n")} AS id, 'Checks ' || n % 20 AS publisher, 'https://checks.example/' || n AS url, md5(n::text) AS identity,
                'Prices rose, report ' || n AS claim_text, '' AS claimant, 'Half true' AS rating, '' AS language, 1 AS version
            FROM generate_series(1, {checks}) n""",
        "claims_claimmatch": f"""
            SELECT {_key(12, "2 * n + side")} AS id, {_key(4, "n * 5")} AS claim_id,
                CASE side WHEN 0 THEN {_key(4, "n * 5 - 1 - n % 3")} END AS other_claim_id,
                CASE side WHEN 1 THEN {_key(11, f"1 + n % {checks}")} END AS fact_check_id,
                0.8 AS similarity, 0.5 AS score, '[]'::jsonb AS reasons, '[]'::jsonb AS differences, 'suggested' AS state, '' AS note, 1 AS version
            FROM generate_series(1, {claims // 5}) n, generate_series(0, 1) side""",
        "claims_extractionrun": f"""
            SELECT {_key(13, "n")} AS id, {_key(3, "n")} AS version_id, 'english' AS extractor, '1' AS extractor_version,
                CASE n % 10 WHEN 0 THEN 'failed' ELSE 'done' END AS status, 10 AS candidates, 10 AS created_claims, 0 AS attached_claims,
                0 AS superseded_claims, CASE n % 10 WHEN 0 THEN '{{"code": "x", "detail": "y"}}'::jsonb END AS error,
                timestamptz '2025-06-01 00:00Z' AS finished_at
            FROM generate_series(1, {articles}) n""",
        "factcheck_job": f"""
            SELECT {_key(14, "n")} AS id, 'extract' AS kind, {_key(13, "n")} AS subject_id,
                CASE n % 10 WHEN 0 THEN 'failed' ELSE 'done' END AS state, 1 AS attempts, 0 AS losses, timestamptz '2025-06-01 00:00Z' AS due_at,
                '' AS worker, 0 AS done, '' AS unit, timestamptz '2025-06-01 00:00Z' AS created_at, timestamptz '2025-06-01 00:00Z' AS finished_at
            FROM generate_series(1, {articles}) n""",
        "claims_importrun": f"""
            SELECT {_key(15, "n")} AS id, 'feed' || n || '.jsonl' AS source, md5(n::text) AS source_key, '{{}}'::jsonb AS options, 'done' AS state,
                '{{}}'::jsonb AS checkpoint, 500 AS rows, 400 AS created, 0 AS versioned, 0 AS unchanged, 0 AS skipped, 100 AS failed
            FROM generate_series(1, {runs}) n""",
        "claims_failedrow": f"""
            SELECT {_key(0, "100 * n + line")} AS id, {_key(15, "n")} AS run_id, 'feed.jsonl' AS source, line, 'text' AS field, 'empty_text' AS code,
                'Empty.' AS detail, '{{}}' AS raw
            FROM generate_series(1, {runs}) n, generate_series(1, 100) line""",
    }  # fmt: skip
    with connection.cursor() as cursor:
        for table, rows in statements.items():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"SELECT * FROM ({rows}) made LIMIT 0")
            columns = ", ".join(f'"{column.name}"' for column in cursor.description)
            cursor.execute(f"INSERT INTO {table} ({columns}) {rows}")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"ANALYZE {table}")

"""Who may ask for what of articles and claims; `factcheck/access.py` says how to read it."""

from dataclasses import replace

from claims.matching.decisions import MatchAction
from claims.pipeline.fetching import FETCH
from claims.pipeline.queueing import EXTRACT, MATCH
from claims.pipeline.uploads import IMPORT as IMPORT_FILE
from claims.triage import TriageAction
from factcheck.accounts.needs import IMPORT, IMPORT_OR_TRIAGE, KEEP_ACCOUNTS, READ, TRIAGE, Table, page, pages

# What is erased is gone: no token that leaked may do it.
KEEP_ARTICLES = replace(KEEP_ACCOUNTS, is_in_session=True)

ROUTES: Table = {
    "GET /api/v1/outlets": READ,
    "GET /api/v1/outlets/{id}": READ,
    "GET /api/v1/articles": READ,
    "POST /api/v1/articles": IMPORT,
    "GET /api/v1/articles/{id}": READ,
    "GET /api/v1/articles/{id}/versions": READ,
    "GET /api/v1/articles/{id}/claims": READ,
    "POST /api/v1/articles/{id}/extract": TRIAGE,
    "POST /api/v1/articles/{id}/withdraw": KEEP_ARTICLES,
    "GET /api/v1/article-versions/{id}": READ,
    "GET /api/v1/appearances": READ,
    "GET /api/v1/appearances/{id}": READ,
    "GET /api/v1/extraction-runs": READ,
    "GET /api/v1/extraction-runs/{id}": READ,
    "GET /api/v1/import-runs": READ,
    "GET /api/v1/import-runs/{id}": READ,
    "POST /api/v1/import-runs": IMPORT,
    "POST /api/v1/import-runs/{id}/retry-failed": IMPORT,
    "GET /api/v1/import-runs/{id}/failed-rows": READ,
    "GET /api/v1/claims": READ,
    "POST /api/v1/claims": TRIAGE,
    "POST /api/v1/claims/bulk": TRIAGE,
    "GET /api/v1/claims/{id}": READ,
    "PATCH /api/v1/claims/{id}": TRIAGE,
    "GET /api/v1/claims/{id}/appearances": READ,
    "GET /api/v1/claims/{id}/events": READ,
    "GET /api/v1/claims/{id}/matches": READ,
    "GET /api/v1/matches": READ,
    "GET /api/v1/matches/{id}": READ,
    **{f"POST /api/v1/matches/{{id}}/{action}": TRIAGE for action in MatchAction},
    "GET /api/v1/earlier-fact-checks": READ,
    "GET /api/v1/earlier-fact-checks/{id}": READ,
    **{f"POST /api/v1/claims/{{id}}/{action}": TRIAGE for action in TriageAction},
    # The admin
    **pages("claims/article", read=READ, past=READ),
    "* /admin/claims/article/{id}/extract-again/": page(TRIAGE),
    "* /admin/claims/article/{id}/add-claim/": page(TRIAGE),
    "* /admin/claims/article/{id}/withdraw/": page(KEEP_ARTICLES),
    **pages("claims/claim", read=READ, act=TRIAGE, add=TRIAGE, change=TRIAGE, past=READ),
    "* /admin/claims/claim/{id}/split/": page(TRIAGE),
    **pages("claims/earlierfactcheck", read=READ, past=READ),
    **pages("claims/importrun", read=READ, add=IMPORT),
    "* /admin/claims/importrun/{id}/retry-failed/": page(IMPORT),
    "* /admin/claims/importrun/{id}/failed-rows.jsonl": page(READ),
    **pages("claims/extractionrun", read=READ),
}

# A page is fetched for whoever imports; a text is read for whoever imported it and for whoever asked to have it read again.
JOBS: Table = {FETCH: IMPORT, IMPORT_FILE: IMPORT, EXTRACT: IMPORT_OR_TRIAGE, MATCH: IMPORT_OR_TRIAGE}

"""Who may ask for what of reviews; `factcheck/access.py` says how to read it."""

from factcheck.accounts.needs import REVIEW, Table
from reviews.workflow.snapshots import RECHECK, SNAPSHOT

ROUTES: Table = {}

JOBS: Table = {SNAPSHOT: REVIEW, RECHECK: REVIEW}

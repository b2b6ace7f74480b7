"""Roles are Django groups; this table says which exist, what they are for, and what a token of their holder may at most do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SCOPES = {
    "read": "Read everything that its owner may read.",
    "import": "Send articles and start imports.",
    "triage": "Extract again, write and edit claims, and triage them.",
    "review": "Work on reviews.",
    "publish": "Approve, publish and correct.",
}
# A person answers for a verdict and for a publication.
SCOPES_OF_PEOPLE_ONLY = frozenset({"review", "publish"})


@dataclass(frozen=True, slots=True)
class Role:
    """`scopes` bound what its holder may do through the API; `admin_pages` are model permissions (`app.codename`, * allowed)."""

    name: str
    description: str
    scopes: tuple[str, ...]
    admin_pages: tuple[str, ...] = ()
    is_open_to_machines: bool = False


_LOOK = ("claims.view_*", "factcheck.view_*")

ROLES = {
    role.name: role
    for role in (
        Role(
            "importer",
            "Sends articles.",
            ("read", "import"),
            _LOOK,
            is_open_to_machines=True,
        ),
        Role(
            "triager",
            "Decides which claims deserve a review.",
            ("read", "triage"),
            (*_LOOK, "claims.change_claim"),
            is_open_to_machines=True,
        ),
        Role(
            "researcher",
            "Leads reviews and collects evidence.",
            ("read", "review"),
            _LOOK,
        ),
        Role("reviewer", "Gives independent verdicts.", ("read", "review"), _LOOK),
        Role("adjudicator", "Settles verdicts that disagree.", ("read", "review"), _LOOK),
        Role(
            "editor",
            "Edits, approves and publishes.",
            ("read", "review", "publish"),
            _LOOK,
        ),
        Role(
            "corrections",
            "Handles readers' requests for correction.",
            ("read", "review"),
            _LOOK,
        ),
        Role(
            "auditor",
            "Reads everything, changes nothing.",
            ("read",),
            _LOOK,
            is_open_to_machines=True,
        ),
        Role(
            "admin",
            "Keeps users, scales and tokens; has no editorial right by it.",
            ("read",),
            (
                *_LOOK,
                "accounts.view_*",
                "accounts.add_user",
                "accounts.change_user",
                "accounts.change_token",
                "auth.view_*",
            ),
        ),
    )
}


def scopes_of(roles: Iterable[str], *, is_superuser: bool = False, is_machine: bool = False) -> frozenset[str]:
    """What somebody with these roles may do, as scopes. Unknown groups give nothing; machines never review or publish.

    A superuser holds every scope: what binds superusers are the relations to a review, not the roles.
    """
    held = (
        frozenset(SCOPES)
        if is_superuser
        else frozenset(s for name in roles if name in ROLES for s in ROLES[name].scopes)
    )
    return held - SCOPES_OF_PEOPLE_ONLY if is_machine else held

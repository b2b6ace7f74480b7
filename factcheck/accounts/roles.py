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
SCOPE_CHOICES = tuple(SCOPES.items())
# A person answers for a verdict and for a publication.
SCOPES_OF_PEOPLE_ONLY = frozenset({"review", "publish"})


@dataclass(frozen=True, slots=True)
class Role:
    """`scopes` bound what its holder may do, in the API and the admin; `model_permissions` open Django's own pages on accounts."""

    name: str
    description: str
    scopes: tuple[str, ...]
    model_permissions: tuple[str, ...] = ()


ROLES = {
    role.name: role
    for role in (
        Role("importer", "Sends articles.", ("read", "import")),
        Role("triager", "Decides which claims deserve a review.", ("read", "triage")),
        Role("researcher", "Leads reviews and collects evidence.", ("read", "review")),
        Role("reviewer", "Gives independent verdicts.", ("read", "review")),
        Role("adjudicator", "Settles verdicts that disagree.", ("read", "review")),
        Role("editor", "Edits, approves and publishes.", ("read", "review", "publish")),
        Role("corrections", "Handles readers' requests for correction.", ("read", "review")),
        Role("auditor", "Reads everything, changes nothing.", ("read",)),
        Role(
            "admin",
            "Keeps users, scales and tokens; has no editorial right by it.",
            ("read",),
            (
                "accounts.view_user",
                "accounts.add_user",
                "accounts.change_user",
                "accounts.view_token",
            ),
        ),
    )
}

ROLE_CHOICES = tuple((role.name, role.description) for role in ROLES.values())
KEEPER = "admin"  # the role that keeps accounts and tokens


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

"""What a route may ask of whoever calls it: the words that the tables of access are written in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from factcheck.accounts.roles import KEEPER, ROLES


@dataclass(frozen=True, slots=True)
class Need:
    """Everything that is set here must be met. `scopes` and `roles`: any one of them; a superuser needs no role."""

    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    is_signed_in: bool = True
    is_in_session: bool = False  # by a person in a browser: a token does not do, whatever its scopes
    is_page: bool = False  # of the admin: for those who may enter it; everybody else is sent to its sign-in
    decided_by: str = ""  # who looks closer, behind this
    refusal: str = ""  # nobody is let through, for this reason

    def missing(self, scopes: Collection[str], roles: Collection[str], *, is_superuser: bool = False) -> str:
        """What somebody who has signed in lacks: `scope`, `role`, or nothing."""
        if self.scopes and not set(self.scopes) & set(scopes):
            return "scope"
        return "role" if self.roles and not is_superuser and not set(self.roles) & set(roles) else ""

    @property
    def able_roles(self) -> tuple[str, ...]:
        """The roles whose holders meet it."""
        return tuple(name for name, role in ROLES.items() if not self.missing(role.scopes, (name,)))

    def __str__(self) -> str:
        if self.refusal:
            return "nobody"
        if not self.is_signed_in:
            return self.decided_by or "anybody"
        words = [" or ".join(f"`{scope}`" for scope in self.scopes), " or ".join(self.roles), self.decided_by]
        words += ["in a session"] if self.is_in_session else []
        return ", ".join(filter(None, words)) or ("staff" if self.is_page else "signed in")


ANYBODY = Need(is_signed_in=False)
SIGNED_IN = Need()
IN_SESSION = Need(is_in_session=True)
READ, IMPORT, TRIAGE, REVIEW, PUBLISH = (Need((scope,)) for scope in ("read", "import", "triage", "review", "publish"))
IMPORT_OR_TRIAGE = Need(("import", "triage"))
KEEP_ACCOUNTS = Need(("read",), roles=(KEEPER,))
AUDIT = Need(("read",), roles=(KEEPER, "auditor"))
STAFF = Need(is_page=True)

Table = dict[str, Need]


def nobody(why: str) -> Need:
    return Need(is_page=True, refusal=f"{why} Nothing was changed.")


NOT_WRITTEN = nobody("Rows of this kind are not written by hand.")
NOT_DELETED = nobody("Nothing is deleted here.")
READ_ONLY = nobody("This page is read-only.")
NO_PAST = nobody("No past rows are kept of this kind.")


def pages(
    address: str,
    *,
    read: Need,
    act: Need = READ_ONLY,
    add: Need = NOT_WRITTEN,
    change: Need = READ_ONLY,
    past: Need = NO_PAST,
) -> Table:
    """The rows of the pages that Django's admin has for one model."""
    needs = {
        "GET /": read,
        "POST /": act,
        "* /add/": add,
        "* /{id}/": read,
        "GET /{id}/change/": read,
        "POST /{id}/change/": change,
        "* /{id}/delete/": NOT_DELETED,
        "GET /{id}/history/": past,
        "POST /{id}/history/": READ_ONLY,
    }
    return {row.replace(" /", f" /admin/{address}/", 1): page(need) for row, need in needs.items()}


def page(need: Need) -> Need:
    """The same, asked of somebody in the admin."""
    return replace(need, is_page=True)

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from factcheck.accounts.roles import KEEPER, ROLES, SCOPE_CHOICES, SCOPES, scopes_of
from factcheck.audit.history import keeps_past
from factcheck.database.prepared import Prepared
from factcheck.ids import uuid7


def role_names(user_id: str) -> ArraySubquery:
    """The roles of the user whose key stands in the column `user_id`: loaded with them, they cost no query of their own."""
    memberships = User.groups.through._base_manager.filter(user_id=models.OuterRef(user_id), group__name__in=ROLES)
    return ArraySubquery(memberships.order_by("group__name").values("group__name"))


class Users(UserManager["User"]):
    def with_roles(self) -> models.QuerySet[User]:
        return self.get_queryset().annotate(loaded_roles=role_names("pk"))

    def find(self, key: UUID) -> User | None:
        """With roles. Every request asks for whoever sent it."""
        return next(iter(_WITH_ROLES.objects(user=key)), None)


@keeps_past(
    "username", "first_name", "last_name", "email", "is_active", "is_staff", "is_superuser", "is_machine", "email_notifications",
    exclude=("password", "last_login"),
)  # fmt: skip
class User(AbstractUser):
    """A person or a machine account. Rights come from its roles (groups) and, on a review, its relation to it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    is_machine = models.BooleanField(
        default=False,
        help_text="A program. It signs in with tokens only, and can neither vote nor approve nor publish.",
    )

    email_notifications = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Send notifications by e-mail too, where this installation sends any.",
    )

    objects: ClassVar[Users] = Users()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="one_user_per_username",
                violation_error_message="This username is taken.",
            )
        ]
        indexes = [models.Index(fields=["username", "id"], name="user_by_username")]

    @property
    def roles(self) -> list[str]:
        """Names, in order: loaded together with the user where they could be, else asked for once. Other groups are none."""
        if "loaded_roles" not in self.__dict__:
            self.remember_roles(sorted(self.groups.filter(name__in=ROLES).values_list("name", flat=True)))
        names: list[str] = self.__dict__["loaded_roles"]
        return names

    def remember_roles(self, names: list[str]) -> None:
        self.__dict__["loaded_roles"] = names

    @property
    def scopes(self) -> frozenset[str]:
        return (
            scopes_of(self.roles, is_superuser=self.is_superuser, is_machine=self.is_machine)
            if self.is_active
            else frozenset()
        )

    @property
    def keeps_accounts(self) -> bool:
        return self.is_active and (self.is_superuser or KEEPER in self.roles)


_WITH_ROLES = Prepared(lambda user: User.objects.with_roles().filter(pk=user), user=UUID)


@keeps_past(name="Membership", with_inserts=True)
class Membership(User.groups.through):  # type: ignore[name-defined]  # a table that Django made, which only a proxy can name
    """That a user has a role: given and taken, never changed."""

    class Meta:
        proxy = True


@keeps_past("user", "name", "prefix", "scopes", "expires_at", "revoked_at", exclude=("digest", "last_used_at"))
class Token(models.Model):
    """An API credential. The secret is shown once; the row keeps its digest. Written by `accounts.tokens` alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Its index is the one below.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens", db_index=False)
    name = models.CharField(max_length=100)
    prefix = models.CharField(
        max_length=12,
        help_text="The beginning of the secret, to recognise it in a list.",
    )
    digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the secret, in hexadecimal.",
    )
    scopes = ArrayField(models.CharField(max_length=20, choices=SCOPE_CHOICES))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="Exact to the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False, help_text="Raised by every change.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=list(SCOPES), scopes__len__gt=0),
                name="token_scopes_are_known",
            ),
        ]
        indexes = [models.Index(fields=["user", "id"], name="token_by_owner")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

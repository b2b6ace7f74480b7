"""Writes the table of roles into Django's groups, after every migrate."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission

from factcheck.accounts.roles import ROLES


def ensure_roles(sender: AppConfig, using: str = "default", **_: Any) -> None:
    """One group per role, with exactly the permissions that the table gives it on the models of `sender`.

    Django calls it once per app, after that app's permissions exist; a group that is no role is left alone.
    """
    if sender.label == "accounts":
        known = set(Group.objects.using(using).values_list("name", flat=True))
        Group.objects.using(using).bulk_create([Group(name=name) for name in ROLES if name not in known])
    permissions = {
        f"{sender.label}.{p.codename}": p
        for p in Permission.objects.using(using).filter(content_type__app_label=sender.label)
    }
    groups = Group.objects.using(using).filter(name__in=ROLES).prefetch_related("permissions__content_type")
    for group in groups if permissions else ():
        wanted = {permissions[name] for name in ROLES[group.name].model_permissions if name in permissions}
        held = {p for p in group.permissions.all() if p.content_type.app_label == sender.label}
        group.permissions.remove(*held - wanted)
        group.permissions.add(*wanted - held)

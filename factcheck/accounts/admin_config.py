from typing import Any

from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class DeskConfig(SimpleAdminConfig):
    """Its pages are loaded with the addresses (`factcheck/urls.py`): commands and workers have no use for them."""

    default_site = "factcheck.accounts.site.Desk"

    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """As Django checks them, once they are there."""
    import factcheck.urls  # noqa: F401

    return check_admin_app(app_configs, **options)

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "factcheck.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from factcheck.accounts.groups import ensure_roles

        post_migrate.connect(ensure_roles, dispatch_uid="ensure_roles")

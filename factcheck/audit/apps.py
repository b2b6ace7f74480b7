from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "factcheck.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from factcheck.audit.history import forbid_ignoring

        post_migrate.connect(forbid_ignoring, sender=self, dispatch_uid="forbid_ignoring")

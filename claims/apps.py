from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = "Articles and claims"

    def ready(self) -> None:
        from claims import metrics, tasks, webhooks  # noqa: F401  the queue must know who handles what, in every process
        from factcheck.webhooks import types

        types.add(*webhooks.EVENT_TYPES)

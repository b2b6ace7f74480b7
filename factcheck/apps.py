from django.apps import AppConfig


class FactcheckConfig(AppConfig):
    name = "factcheck"
    verbose_name = "Platform"

    def ready(self) -> None:
        from factcheck import checks  # noqa: F401

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "factcheck.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        # The queue must know who handles what.
        from factcheck.notifications import tasks  # noqa: F401

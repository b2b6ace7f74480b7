from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        # The tables of `sealed` belong to this app, though its models are nobody's business.
        # The queue must know who handles what, and readers of events who may read which.
        from factcheck.webhooks import types
        from reviews import checks, sealed, tasks, visibility, webhooks  # noqa: F401

        types.add(*webhooks.EVENT_TYPES)

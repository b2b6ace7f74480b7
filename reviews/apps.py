from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        # The tables of `sealed` belong to this app, though its models are nobody's business.
        from reviews import checks, sealed, tasks  # noqa: F401  the queue must know who handles what, in every process

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        from reviews import sealed  # noqa: F401  its tables belong to this app, though its models are nobody's business

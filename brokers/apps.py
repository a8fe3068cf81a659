from django.apps import AppConfig


class BrokersConfig(AppConfig):
    name = "brokers"

    def ready(self) -> None:
        from brokers.notices import fees, ratings, registration  # noqa: F401 - registers kinds of messages

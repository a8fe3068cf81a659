from django.apps import AppConfig


class BrokersConfig(AppConfig):
    name = "brokers"

    def ready(self) -> None:
        from brokers import handlers  # noqa: F401 - connects handlers
        from brokers.notices import duties, fees, registration  # noqa: F401 - registers kinds of messages

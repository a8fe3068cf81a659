from django.apps import AppConfig


class BrokersConfig(AppConfig):
    name = "brokers"

    def ready(self) -> None:
        from brokers import handlers, merging  # noqa: F401 - connects handlers
        from brokers.notices import (  # noqa: F401 - registers kinds of messages
            cases,
            duties,
            fees,
            hand_overs,
            mandates,
            office,
            ratings,
            registration,
        )

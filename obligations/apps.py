from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "obligations"

    def ready(self) -> None:
        from obligations import handlers, letter_notices, notices  # noqa: F401 - connects handlers, registers kinds of messages

from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "deals"

    def ready(self) -> None:
        from deals import handlers, notices  # noqa: F401 - connects handlers, registers kinds of messages

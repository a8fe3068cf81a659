from django.apps import AppConfig


class OpenDataConfig(AppConfig):
    name = "open_data"

    def ready(self) -> None:
        from open_data import handlers, merging, notices  # noqa: F401 - connect handlers, register kinds of messages

from django.apps import AppConfig


class OpenDataConfig(AppConfig):
    name = "open_data"

    def ready(self) -> None:
        from open_data import merging, notices  # noqa: F401 - connect its receiver, register kinds of messages

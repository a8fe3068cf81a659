from django.apps import AppConfig


class RoyaltiesConfig(AppConfig):
    name = "royalties"

    def ready(self) -> None:
        from royalties import handlers, merging  # noqa: F401 - connects handlers
        from royalties.notices import calendar, government, income  # noqa: F401 - registers kinds of messages

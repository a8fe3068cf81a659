from django.apps import AppConfig


class RoyaltiesConfig(AppConfig):
    name = "royalties"

    def ready(self) -> None:
        from royalties.notices import income  # noqa: F401 - registers kinds of messages

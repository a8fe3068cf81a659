from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "policy"

    def ready(self) -> None:
        from policy import merging  # noqa: F401 - connects handlers
        from policy.notices import index, survey  # noqa: F401 - registers kinds of messages

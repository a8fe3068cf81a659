"""What the tests of the steps of an application share."""

from brokers.models import Application, ApplicationDocument, CareerEntry, TrainingEntry
from brokers.services.registration.draft import save_application
from notifications.models import Notification
from tests.factories.brokers.fees import NOW


def traces():
    return [
        list(model.objects.values().order_by("pk"))
        for model in (Application, ApplicationDocument, CareerEntry, TrainingEntry, Notification)
    ]


def save(application, *, by=None, revision=None, content=None, **rows):
    application.refresh_from_db()
    return save_application(
        application=application, revision=revision or application.revision, content=content or {}, **rows,
        by=by or application.applicant, at=NOW,
    )  # fmt: skip

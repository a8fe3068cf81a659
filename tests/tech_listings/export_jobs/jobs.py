"""An export is ordered, made and looked at."""

import datetime

from django.core.files.storage import default_storage
from django.utils import timezone

from notifications.models import Notification
from tech_listings.enums import ExportFormat
from tech_listings.exports import write_export
from tech_listings.services.export import (
    request_export,
    work_on,
)
from tests.factories.tech_listings import ListingExportFactory

MINE = "/my/exports/"
AT = datetime.datetime(2026, 6, 1, 3, tzinfo=datetime.UTC)


def order(by, query="q=x", **given):
    known = {"format": ExportFormat.CSV, "language": "en", "total": 5, "at": timezone.now()}
    return request_export(query=query, by=by, **known | given)


def waiting(by, **given):
    return ListingExportFactory(owner=by, **given)


def failing(*args):
    raise OSError("no space left")


def files():
    """The names of all files of exports there are."""
    try:
        folders = default_storage.listdir("exports")[0]
    except FileNotFoundError:
        return []
    return [name for folder in folders for name in default_storage.listdir(f"exports/{folder}")[1]]


def told(user):
    return [row.title for row in Notification.objects.visible_to(user).for_list()]


def make(export, write=write_export, clock=timezone.now):
    made = work_on(export_id=export.public_id, write=write, clock=clock)
    export.refresh_from_db()
    return made


def content(export):
    with export.file.open("rb") as file:
        return file.read()

"""What the check of the requirements says of an application, for officers' pages and `services.office.register`."""

from datetime import date

from brokers.models import Application
from brokers.queries.registration import check_application
from brokers.requirements import Finding


def check_of(application: Application, day: date) -> list[Finding]:
    """A finding per requirement of the version the application was handed in under, as of `day`."""
    return list(check_application(application, day=day).findings)

"""States of a file's scan and of what is opened to a request."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class ScanState(models.TextChoices):
    """What is known about a file. `NOT_SCANNED`: no scanner was configured when it came."""

    WAITING = "waiting", _("Waits for the virus scan")
    CLEAN = "clean", _("Scanned, nothing found")
    INFECTED = "infected", _("Infected")
    FAILED = "failed", _("The scan failed")
    NOT_SCANNED = "not_scanned", _("Not scanned")


SCAN_STATES = StateMachine(
    field="scan_state",
    moves={
        ScanState.WAITING: frozenset({ScanState.CLEAN, ScanState.INFECTED, ScanState.FAILED, ScanState.NOT_SCANNED}),
        ScanState.FAILED: frozenset({ScanState.WAITING}),
        ScanState.NOT_SCANNED: frozenset({ScanState.WAITING}),
    },
)


class DisclosureState(models.TextChoices):
    """Whether its day has passed, or the request was closed, is asked and never stored: see `querysets`."""

    OFFERED = "offered", _("Waits for the agreement")
    ACCEPTED = "accepted", pgettext_lazy("confidential part", "Open")
    REVOKED = "revoked", _("Closed by the holder")


DISCLOSURE_STATES = StateMachine(
    field="state",
    moves={
        DisclosureState.OFFERED: frozenset({DisclosureState.ACCEPTED, DisclosureState.REVOKED}),
        DisclosureState.ACCEPTED: frozenset({DisclosureState.REVOKED}),
    },
)


class DisclosureStatus(models.TextChoices):
    """How a confidential part stands for a request at a moment; computed, see `queries.status_of`."""

    NONE = "none", _("Not opened")
    OFFERED = "offered", _("Waits for the agreement")
    OPEN = "open", pgettext_lazy("confidential part", "Open")
    OVER = "over", _("Its last day has passed")
    REVOKED = "revoked", _("Closed by the holder")
    CLOSED_REQUEST = "closed_request", _("The request is closed")


class OpeningKind(models.TextChoices):
    """What was opened. `EDIT` and `API` are the holder's own ways to the text."""

    TEXT = "text", _("Text")
    FILE = "file", _("File")
    EDIT = "edit", _("Text, to edit it")
    API = "api", _("Text, by a program")

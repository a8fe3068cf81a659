"""One message to one address: on the public internet only, no redirect followed, soon given up (`core.outgoing`)."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from marketplace.core import outgoing
from marketplace.core.outgoing import NotOutside, Rules


@dataclass(frozen=True)
class Answer:
    """`status` None: nothing arrived, `error` says why."""

    status: int | None
    error: str = ""

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def rules() -> Rules:
    """Receivers may listen on a port of their own; in development they may be here."""
    return Rules(other_ports=True, inside=settings.WEBHOOK_INSECURE)


def check_address(url: str) -> None:
    """Asks the network, so nothing is locked meanwhile. Raises `NotOutside`."""
    outgoing.place_of(url, rules=rules())


def post(*, url: str, body: str, headers: Mapping[str, str]) -> Answer:
    """What came of it; raises nothing."""
    sent = {"Content-Type": "application/json", "User-Agent": "ieum-webhooks/1", **headers}
    try:
        return Answer(outgoing.post(url, body=body.encode(), headers=sent, rules=rules()))
    except NotOutside as error:
        return Answer(None, str(error)[:200])
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, f"{type(error).__name__}: {error}"[:200])

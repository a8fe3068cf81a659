"""One message to one address: connected to what was resolved, no redirect followed, little read, soon given up."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from open_data.delivery.addresses import BadAddress, Place, place_of

SECONDS = 10
LONGEST = 20.0
"""Seconds for all of it: who answers letter by letter is cut off."""
MOST_READ = 4_096


@dataclass(frozen=True)
class Answer:
    """`status` None: nothing arrived, `error` says why."""

    status: int | None
    error: str = ""

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was looked at, whatever the name says by now."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=SECONDS)
        self.place = place

    def connect(self) -> None:
        self.sock = socket.create_connection((self.place.ip, self.place.port), SECONDS)
        if self.place.url.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.place.host)


def post(*, url: str, body: str, headers: Mapping[str, str]) -> Answer:
    """What came of it; raises nothing."""
    try:
        place = place_of(url)
    except BadAddress as error:
        return Answer(None, str(error)[:200])
    connection = _Pinned(place)
    sent = {"Content-Type": "application/json", "User-Agent": "ieum-webhooks/1", "Connection": "close", **headers}
    if place.port not in (80, 443):
        sent["Host"] = place.url.netloc
    end = threading.Timer(LONGEST, _cut_off, (connection,))
    end.start()
    try:
        connection.request("POST", place.target, body.encode(), sent)
        answer = connection.getresponse()
        answer.read(MOST_READ)
        return Answer(answer.status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, f"{type(error).__name__}: {error}"[:200])
    finally:
        end.cancel()
        connection.close()


def _cut_off(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)

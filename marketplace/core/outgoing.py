"""Requests to an address that a stranger gave: they go to the public internet, and nowhere else on the way.

The name is asked once, every address it has must be public, and that very address is connected to: a name that means
another address a moment later, or an answer that leads elsewhere, gets nobody inside (server-side request forgery).
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError

LONGEST = 1000
SECONDS = 10.0
"""For each step: connecting, one read."""
LONGEST_SECONDS = 20.0
"""For all of it: who answers letter by letter is cut off."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")
GIVEN_OUT = ipaddress.ip_network("2000::/3")
"""The only part of IPv6 that is routed on the public internet."""
FIRST_FREE_PORT = 1024
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotOutside(DomainError):
    code = "address_refused"


@dataclass(frozen=True)
class Rules:
    """What may be asked beside https on 443: `other_ports` those from 1024, `inside` anything (development only)."""

    other_ports: bool = False
    inside: bool = False


STRICT = Rules()


@dataclass(frozen=True)
class Place:
    """`ip` is what is connected to; `host` stands in the request and in the certificate."""

    host: str
    ip: str
    port: int
    target: str
    is_secure: bool = True


def place_of(url: str, *, rules: Rules = STRICT) -> Place:
    """Where an address leads. Raises `NotOutside`, also where any address of its name is not public."""
    parts, port = _parts(url, rules)
    host = parts.hostname or ""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(host, _address_of(host, port, rules), port, target, parts.scheme == "https")


def _refused(message: str) -> NotOutside:
    return NotOutside(message, field="url")


def _parts(url: str, rules: Rules) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(_("This is no address.")) from None
    if len(url) > LONGEST or "\\" in url or any(not 0x20 < ord(sign) < 0x7F for sign in url):
        raise _refused(_("Write the address in plain letters, without blanks."))
    allowed = ("https://", "http://") if rules.inside else ("https://",)
    if not url.startswith(allowed) or not parts.hostname:
        raise _refused(_("The address must begin with https:// and be a public one."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused(_("The address must have no name, password or # in it."))
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    elif port != 443 and not (rules.inside or (rules.other_ports and port >= FIRST_FREE_PORT)):
        raise _refused(_("Port %(port)d is not for messages. Use 443, or one from 1024.") % {"port": port})
    return parts, port


def _address_of(host: str, port: int, rules: Rules) -> str:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        answers = []
    found = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    # One sentence for both: it does not tell a stranger which names there are inside.
    if not found or not (rules.inside or all(is_public(address) for address in found)):
        raise _refused(_("This name does not lead to an address on the public internet."))
    return str(found[0])


def is_public(address: Address) -> bool:
    """Whether it is on the public internet, also what an address of IPv6 carries in it."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64:
            carried.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner = [each for each in carried if each is not None]
        if inner:
            return all(is_public(each) for each in inner)
        if address not in GIVEN_OUT:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was looked at, whatever the name says by now."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=SECONDS)
        self.default_port = 443 if place.is_secure else 80
        self.place = place

    def connect(self) -> None:
        self.sock = socket.create_connection((self.place.ip, self.place.port), SECONDS)
        if self.place.is_secure:
            context = ssl.create_default_context()
            # Two steps, so that whoever dawdles over the handshake can be cut off, too.
            self.sock = context.wrap_socket(self.sock, server_hostname=self.place.host, do_handshake_on_connect=False)
            self.sock.do_handshake()


def post(url: str, *, body: bytes, headers: Mapping[str, str], rules: Rules = STRICT) -> int:
    """The status of the answer; no redirect is followed. Raises `NotOutside`, `OSError`, `HTTPException`."""
    connection = _Pinned(place_of(url, rules=rules))
    end = threading.Timer(LONGEST_SECONDS, _cut_off, (connection,))
    end.daemon = True
    end.start()
    try:
        connection.request("POST", connection.place.target, body, {"Connection": "close", **headers})
        # Of the body nothing is read: it belongs to the answer by then, and could go on for hours.
        with connection.getresponse() as answer:
            return answer.status
    finally:
        end.cancel()
        connection.close()


def _cut_off(connection: http.client.HTTPConnection) -> None:
    """Below TLS, which another thread is reading from."""
    held = connection.sock
    if held is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(held, socket.SHUT_RDWR)

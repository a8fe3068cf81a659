"""Requests to an address that a stranger gave: they go to the public internet, and nowhere else on the way.

The name is asked once, every address it has must be public, and that very address is connected to: a name that means
another address a moment later, or an answer that leads elsewhere, gets nobody inside (server-side request forgery).
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError

LONGEST = 1000


class NotOutside(DomainError):
    code = "address_refused"


@dataclass(frozen=True)
class Place:
    """`ip` is what is connected to; `host` stands in the request and in the certificate."""

    host: str
    ip: str
    port: int
    target: str


def place_of(url: str) -> Place:
    """Where an https address leads. Raises `NotOutside`."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise NotOutside(_("This is no address.")) from None
    plain = len(url) <= LONGEST and all(0x20 < ord(sign) < 0x7F for sign in url) and "\\" not in url
    if not plain or parts.scheme != "https" or not parts.hostname or parts.username or parts.password or port != 443:
        raise NotOutside(_("The address must begin with https:// and be a public one."))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.hostname, _public_address(parts.hostname), port, target)


def _public_address(host: str) -> str:
    try:
        answers = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        answers = []
    found = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not found or not all(is_public(address) for address in found):
        raise NotOutside(_("This name does not lead to an address on the public internet."))
    return str(found[0])


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        carried = [each for each in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if each]
        if carried:
            return all(is_public(each) for each in carried)
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast and not address.is_reserved


class _Pinned(http.client.HTTPSConnection):
    def __init__(self, place: Place, timeout: float) -> None:
        super().__init__(place.host, place.port, timeout=timeout, context=ssl.create_default_context())
        self.place = place

    def connect(self) -> None:
        bare = socket.create_connection((self.place.ip, self.place.port), self.timeout)
        self.sock = self._context.wrap_socket(bare, server_hostname=self.place.host)  # type: ignore[attr-defined]


def post(url: str, *, body: bytes, headers: Mapping[str, str], timeout: float = 10.0) -> int:
    """The status of the answer; of its body nothing is read. Raises `NotOutside`, `OSError`, `HTTPException`."""
    place = place_of(url)
    connection = _Pinned(place, timeout)
    try:
        connection.request("POST", place.target, body=body, headers=dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()

"""Which addresses messages may go to: public ones, asked of the name at saving and again at sending (SSRF)."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError

NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadAddress(DomainError):
    code = "address_refused"


@dataclass(frozen=True)
class Place:
    """Where to connect: `ip` was resolved once and is what is connected to; `host` stands in TLS and the request."""

    url: SplitResult
    host: str
    port: int
    ip: str

    @property
    def target(self) -> str:
        return (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")


def place_of(url: str) -> Place:
    """The place behind an address. Raises `BadAddress`, also where any address of its name is not public."""
    parts = _parts(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = _resolve(host, port)
    for ip in found:
        if not settings.WEBHOOK_INSECURE and not is_public(ip):
            raise _refused(_("This name leads to an address that is not on the public internet."))
    return Place(parts, host, port, str(found[0]))


def _refused(message: str) -> BadAddress:
    return BadAddress(message, field="url")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(_("This is no address.")) from None
    if any(not 0x20 < ord(sign) < 0x7F for sign in url) or "\\" in url:
        raise _refused(_("Write the address in plain letters, without blanks.")) from None
    allowed = ("https", "http") if settings.WEBHOOK_INSECURE else ("https",)
    if parts.scheme not in allowed or not parts.hostname:
        raise _refused(_("The address must begin with https://."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused(_("The address must have no name, password or # in it."))
    if port is not None and port != 443 and port < 1024 and not settings.WEBHOOK_INSECURE:
        raise _refused(_("Port %(port)d is not for messages. Use 443, or one from 1024.") % {"port": port})
    return parts


def _resolve(host: str, port: int) -> list[Address]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        answers = []
    found = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not found:
        raise _refused(_("Nobody knows the name “%(host)s”.") % {"host": host[:100]})
    return found


def is_public(ip: Address) -> bool:
    """Whether it is on the public internet, also what an address of IPv6 carries in it."""
    if isinstance(ip, ipaddress.IPv6Address):
        carried = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in NAT64 or int(ip) >> 32 == 0:  # translated, or of the old compatible form
            carried.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        inner = [each for each in carried if each is not None]
        if inner:
            return all(is_public(each) for each in inner)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)

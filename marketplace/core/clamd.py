"""Asks clamd whether a file holds something malicious: its command INSTREAM, over TCP or a socket file.

Own lines and not a package: the synchronous client has had no release since 2014, the kept one is asynchronous.
Protocol: man 8 clamd, "INSTREAM".
"""

import socket
import struct
from typing import BinaryIO, NamedTuple

PIECE = 1 << 16
LONGEST_REPLY = 4096


class Unanswered(Exception):
    """No verdict: clamd is away, took too long, or refused the file. What it said is the message."""


class Verdict(NamedTuple):
    """`found` is the name of what was found, empty for a clean file."""

    found: str

    @property
    def is_clean(self) -> bool:
        return not self.found


def scan(file: BinaryIO, *, address: str, timeout: float) -> Verdict:
    """Send the rest of `file` to clamd at `host:port` or `unix:/path`; each wait takes at most `timeout` seconds.

    Raises `Unanswered`, also where clamd hangs up in the middle because the file is larger than it takes.
    """
    try:
        with _connect(address, timeout) as connection:
            try:
                connection.sendall(b"zINSTREAM\0")
                while piece := file.read(PIECE):
                    connection.sendall(struct.pack("!L", len(piece)) + piece)
                connection.sendall(struct.pack("!L", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has hung up, and has mostly said why
            reply = _reply(connection)
    except OSError as error:
        raise Unanswered(str(error) or type(error).__name__) from error
    return _verdict(reply)


def _connect(address: str, timeout: float) -> socket.socket:
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        try:
            connection.connect(address.removeprefix("unix:"))
        except BaseException:
            connection.close()
            raise
        return connection
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)


def _reply(connection: socket.socket) -> str:
    reply = b""
    while b"\0" not in reply and len(reply) < LONGEST_REPLY and (more := connection.recv(1024)):
        reply += more
    return reply.split(b"\0")[0].decode(errors="replace").strip()


def _verdict(reply: str) -> Verdict:
    said = reply.removeprefix("stream:").strip()
    if said == "OK":
        return Verdict("")
    if said.endswith(" FOUND"):
        return Verdict(said.removesuffix(" FOUND").strip() or "?")
    raise Unanswered(reply or "clamd hung up without an answer")

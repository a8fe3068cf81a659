import io
import socketserver
import struct
import threading

import pytest
from django.utils import timezone

from deals.models import TransferRequest
from disclosures.models import ConfidentialFile, Disclosure, Opening
from disclosures.services.files import add_file
from marketplace.celery import app as celery
from tests.deals.requests.conftest import World
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.disclosures import SECRET, ConfidentialFileFactory, DisclosureFactory, pdf, terms

__all__ = ["traces"]


@pytest.fixture(autouse=True, scope="session")
def _worker():
    """Tasks run at once and in this process, which therefore has to know them."""
    celery.loader.import_default_modules()


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    settings.CLAMD_ADDRESS = ""


@pytest.fixture
def world():
    """As for requests, with a confidential part of a text and a file, and a request that waits for its answer."""
    made = World()
    made.listing.confidential_text, made.listing.confidential_reason = SECRET, "know-how"
    made.listing.save()
    made.terms = terms()
    made.file = ConfidentialFileFactory(listing=made.listing, name="배합표.pdf", uploaded_by=made.holder_staff)
    made.request = TransferRequestFactory(listing=made.listing, requester=made.company, requested_by=made.company_staff)
    return made


@pytest.fixture
def offered(world):
    return DisclosureFactory(request=world.request, opened_by=world.holder_staff)


@pytest.fixture
def accepted(world):
    return DisclosureFactory(
        request=world.request, opened_by=world.holder_staff, accepted=True, accepted_by=world.company_manager
    )


def traces():
    """Everything that a refused action must have left alone."""
    return (
        list(Disclosure.objects.order_by("pk").values()),
        list(ConfidentialFile.objects.order_by("pk").values()),
        list(Opening.objects.order_by("pk").values()),
        list(TransferRequest.objects.order_by("pk").values()),
    )


def send(world, content=None, name="자료.pdf", **changes):
    given = {"listing": world.listing, "by": world.holder_staff, "at": timezone.now()} | changes
    return add_file(file=io.BytesIO(pdf(1, "other") if content is None else content), name=name, **given)


class FakeClamd(socketserver.ThreadingTCPServer):
    """Speaks INSTREAM as clamd does. Finds EICAR; `says` overrides the answer; `most` bytes and it hangs up."""

    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.says, self.most, self.hangs_up, self.received = None, 1 << 24, False, []

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        if self.server.hangs_up:
            return
        command = b""
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        if command != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > self.server.most:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.received.append(content)
        found = b"stream: Eicar-Test-Signature FOUND\0" if b"EICAR" in content else b"stream: OK\0"
        self.wfile.write(self.server.says or found)


@pytest.fixture
def clamd(settings):
    server = FakeClamd()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.CLAMD_ADDRESS, settings.CLAMD_TIMEOUT = server.address, 5.0
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)

"""The virus scan, against a server that speaks clamd's protocol."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from disclosures.enums import ScanState
from disclosures.models import ConfidentialFile
from disclosures.services.scan import AGAIN_AFTER, MOST_ATTEMPTS, QUIET, resume_due, scan_again, scan_file
from marketplace.core import clamd as client_of_clamd
from marketplace.core.errors import Conflict
from marketplace.core.files import private_storage
from notifications.models import Notification
from tests.disclosures.conftest import send
from tests.factories.accounts import sign_in
from tests.factories.disclosures import picture


def sent(world, capture, content=None):
    with capture(execute=True):
        file = send(world, content)
    file.refresh_from_db()
    return file


def infected():
    return picture() + b"EICAR"


def test_a_clean_file_is_scanned_by_a_worker_and_can_be_had(world, clamd, django_capture_on_commit_callbacks):
    file = sent(world, django_capture_on_commit_callbacks)

    assert (file.scan_state, file.is_deliverable) == (ScanState.CLEAN, True)
    with file.content.open("rb") as kept:
        assert clamd.received == [kept.read()]


def test_until_it_is_clean_nobody_gets_it(world, clamd):
    file = send(world)

    assert (file.scan_state, file.is_deliverable) == (ScanState.WAITING, False)
    assert world.file.is_deliverable is False  # came before the scanner
    assert list(ConfidentialFile.objects.deliverable(scanning=True)) == []


def test_an_infected_file_is_deleted_and_its_sender_told(world, clamd, django_capture_on_commit_callbacks):
    file = sent(world, django_capture_on_commit_callbacks, infected())

    assert (file.scan_state, file.scan_note, file.content) == (ScanState.INFECTED, "Eicar-Test-Signature", "")
    assert not private_storage().exists(f"confidential/{file.public_id}")
    told = Notification.objects.get(kind="confidential_file_infected")
    assert told.recipient == world.holder_staff
    assert file.name not in str(told.params)


@pytest.mark.parametrize("trouble", ["error", "hangs up", "too large", "down", "nonsense"])
def test_without_a_verdict_it_stays_closed_and_is_tried_again(
    world, clamd, settings, trouble, django_capture_on_commit_callbacks
):
    clamd.says = {"error": b"stream: scan error ERROR\0", "nonsense": b"hello\0"}.get(trouble)
    clamd.hangs_up = trouble == "hangs up"
    clamd.most = 100 if trouble == "too large" else clamd.most
    right = settings.CLAMD_ADDRESS
    if trouble == "down":
        settings.CLAMD_ADDRESS = "127.0.0.1:1"

    file = sent(world, django_capture_on_commit_callbacks)

    assert (file.scan_state, file.is_deliverable) == (ScanState.FAILED, False)
    assert file.scan_note
    clamd.says, clamd.hangs_up, clamd.most, settings.CLAMD_ADDRESS = None, False, 1 << 24, right
    later = timezone.now() + AGAIN_AFTER + timedelta(minutes=1)
    with django_capture_on_commit_callbacks(execute=True):
        resume_due(at=later)
    file.refresh_from_db()
    assert (file.scan_state, file.is_deliverable) == (ScanState.CLEAN, True)


def test_after_so_many_failures_its_sender_is_told_and_may_try_again(
    client, world, clamd, django_capture_on_commit_callbacks
):
    clamd.says = b"stream: broken ERROR\0"
    file = sent(world, django_capture_on_commit_callbacks)
    for hour in range(1, 12):
        with django_capture_on_commit_callbacks(execute=True):
            resume_due(at=timezone.now() + hour * (AGAIN_AFTER + timedelta(minutes=1)))
    file.refresh_from_db()
    assert (file.scan_state, file.scan_attempts) == (ScanState.FAILED, MOST_ATTEMPTS)
    told = Notification.objects.filter(kind="confidential_scan_failed", target_id=file.public_id)
    assert [note.recipient for note in told] == [world.holder_staff]

    clamd.says = None
    sign_in(client, world.holder_staff)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("disclosures:file_scan", args=[file.public_id]))
    file.refresh_from_db()
    assert file.scan_state == ScanState.CLEAN


def test_files_that_came_before_the_scanner_are_scanned_by_the_sweep(world, clamd, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert resume_due(at=timezone.now()) == 1

    world.file.refresh_from_db()
    assert world.file.scan_state == ScanState.CLEAN
    assert resume_due(at=timezone.now()) == 0


def test_the_file_of_a_killed_worker_is_taken_by_another(world, clamd, django_capture_on_commit_callbacks):
    file = send(world)
    ConfidentialFile.objects.filter(pk=file.pk).update(scanning_at=timezone.now(), scan_attempts=1)

    assert scan_file(file_id=file.public_id) is None  # somebody has it
    with django_capture_on_commit_callbacks(execute=True), time_machine.travel(timezone.now() + QUIET * 2):
        resume_due(at=timezone.now())
    file.refresh_from_db()
    assert (file.scan_state, file.scan_attempts) == (ScanState.CLEAN, 2)


def test_a_verdict_that_comes_too_late_is_not_written(world, clamd, monkeypatch):
    """The file was removed while it was scanned."""
    file = send(world)

    def remove_meanwhile(*args, **kwargs):
        verdict = real(*args, **kwargs)
        ConfidentialFile.objects.filter(pk=file.pk).update(
            removed_at=timezone.now(), removed_by=world.holder_staff, content=""
        )
        return verdict

    real = client_of_clamd.scan
    monkeypatch.setattr("disclosures.services.scan.scan", remove_meanwhile)
    assert scan_file(file_id=file.public_id) is None
    file.refresh_from_db()
    assert (file.scan_state, file.scanned_at) == (ScanState.WAITING, None)


def test_taken_out_of_the_configuration_nothing_waits_for_it(
    world, clamd, settings, django_capture_on_commit_callbacks
):
    file = send(world)
    settings.CLAMD_ADDRESS = ""

    with django_capture_on_commit_callbacks(execute=True):
        resume_due(at=timezone.now() + timedelta(hours=1))

    file.refresh_from_db()
    assert (file.scan_state, file.is_deliverable) == (ScanState.NOT_SCANNED, True)
    with pytest.raises(Conflict, match="No virus scanner"):
        scan_again(file=file, by=world.holder_staff, at=timezone.now())


def test_clamd_is_reached_by_a_socket_file_too(tmp_path):
    import io
    import socketserver
    import threading

    from tests.disclosures.conftest import Handler

    class OnFile(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        says, most, hangs_up = None, 1 << 20, False

    path = tmp_path / "clamd.sock"
    with OnFile(str(path), Handler) as server:
        server.received = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        found = client_of_clamd.scan(io.BytesIO(b"EICAR"), address=f"unix:{path}", timeout=5)
        server.shutdown()
        thread.join(5)
    assert (found.found, found.is_clean) == ("Eicar-Test-Signature", False)
    with pytest.raises(client_of_clamd.Unanswered):
        client_of_clamd.scan(io.BytesIO(b"x"), address=f"unix:{tmp_path}/nothing", timeout=1)

"""Mail to addresses without an account: its own outbox, the same care."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from notifications import registry
from notifications.delivery import clear_unsent, deliver_outside
from notifications.models import OutsideMail
from notifications.outbox import write_outside
from notifications.registry import OwnMail

NOW = timezone.now()


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    """A kind whose mail says which letter it is; one with the target 0 has nothing to say."""
    monkeypatch.setattr(registry, "_outside", dict(registry._outside))

    def compose(target_id):
        if not target_id.int:
            return None
        return OwnMail(subject=str(target_id), template="obligations/mail/letter", context={"parts": []}, leave="")

    registry.register_outside("test", compose)


def write(key="a", target=None, at=NOW, address="head@gaon.example"):
    given = {"address": address, "language": "ko", "kind": "test", "dedupe_key": key}
    write_outside(**given, target_id=target or uuid4(), at=at)


def states():
    return list(OutsideMail.objects.order_by("pk").values_list("mail_state", "left_out_why"))


def test_once_per_matter():
    for _ in range(2):
        write()
    assert deliver_outside(NOW) == 1
    assert deliver_outside(NOW) == 0
    assert [m.to for m in mail.outbox] == [["head@gaon.example"]]
    assert states() == [("sent", "")]


def test_unknown_and_doubled_kinds_are_mistakes_of_ours():
    with pytest.raises(LookupError):
        write_outside(address="a@b.example", language="ko", kind="moon", dedupe_key="a", target_id=uuid4(), at=NOW)
    with pytest.raises(ValueError):
        registry.register_outside("test", lambda target_id: None)
    assert not OutsideMail.objects.exists()


def test_what_has_nothing_to_say_or_is_too_old_is_not_sent():
    write("a", target=UUID(int=0))
    write("b", at=NOW - timedelta(days=22))
    assert deliver_outside(NOW) == 0
    assert states() == [("left_out", "hidden"), ("left_out", "too_old")]


def test_one_that_fails_holds_up_no_other(monkeypatch):
    def broken(target_id):
        raise RuntimeError

    registry.register_outside("broken", broken)
    write_outside(address="x@y.example", language="ko", kind="broken", dedupe_key="0", target_id=uuid4(), at=NOW)
    write("b")
    assert deliver_outside(NOW) == 1
    failed = OutsideMail.objects.get(kind="broken")
    assert (failed.mail_state, failed.failures, failed.retry_at) == ("waiting", 1, NOW + timedelta(minutes=2))


def test_the_operator_may_clear_it():
    write()
    assert clear_unsent() == 1
    assert deliver_outside(NOW) == 0
    assert states() == [("left_out", "reset")]


def test_the_database_keeps_states():
    write()
    deliver_outside(NOW)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        OutsideMail.objects.update(mail_state="waiting", mailed_at=None)
    assert states() == [("sent", "")]

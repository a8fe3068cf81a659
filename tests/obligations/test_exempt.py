"""Exemptions: grounds, caps, windows, evidence, and four eyes by every path."""

import io
import zipfile
import zlib
from datetime import date, timedelta

import pgtrigger
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from marketplace.core.errors import DomainError, NotAllowed
from notifications.models import Notification
from obligations.enums import DutyState, EvidenceType, ExemptionState
from obligations.models import Exemption
from obligations.services.discharge import NotPossibleNow
from obligations.services.evidence import MOST_BYTES, PIECE, NotEvidence, read_evidence
from obligations.services.exempt import ask_exemption, decide_exemption, take_back_exemption
from obligations.services.settle import settle
from tests.factories.accounts import MembershipFactory
from tests.factories.obligations import NOW, PDF, TODAY, at_day, duty, exemption, officer

REFUSED = (IntegrityError, InternalError, ProgrammingError)


def staff_of(obligation):
    return MembershipFactory(organization=obligation.institute).user


def ask(obligation, **changes):
    given = {
        "ground": "ip_pending", "text": "Applied for abroad", "until": TODAY + timedelta(days=300),
        "evidence": io.BytesIO(PDF), "evidence_name": "근거.pdf", "by": None, "at": NOW,
    } | changes  # fmt: skip
    return ask_exemption(obligation=obligation, **given | {"by": given["by"] or staff_of(obligation)})


def rows():
    return list(Exemption.objects.values().order_by("pk")), Notification.objects.count()


def test_asked_granted_and_told():
    found, decider = duty(), officer()
    asker = staff_of(found)
    asked = ask(found, by=asker)
    assert decider.notifications.filter(kind="exemption_asked").count() == 1

    decided = decide_exemption(exemption=asked, grant=True, by=decider, at=NOW)

    found.refresh_from_db()
    assert (decided.state, decided.runs_from, decided.until) == ("granted", TODAY, TODAY + timedelta(days=300))
    assert found.state == DutyState.EXEMPT
    assert asker.notifications.filter(kind="exemption_granted").count() == 1


def test_refused_says_why_and_the_duty_stays():
    asked = exemption()
    with pytest.raises(DomainError) as error:
        decide_exemption(exemption=asked, grant=False, by=officer(), at=NOW)
    assert error.value.field == "text"
    decided = decide_exemption(exemption=asked, grant=False, text="Not enough", by=officer(), at=NOW)
    assert (decided.state, decided.until, decided.obligation.state) == ("refused", None, "due")
    assert decided.asked_by.notifications.filter(kind="exemption_refused").count() == 1


@pytest.mark.parametrize(
    ("ground", "until", "holds"),
    [
        ("ip_pending", date(2027, 12, 15), True),  # 18 months from 15 June 2026
        ("ip_pending", date(2027, 12, 16), False),
        ("trade_secret", date(2027, 12, 16), False),
        ("foreign_agreement", date(2027, 12, 16), False),
        ("escrowed_sme", date(2027, 12, 16), False),
        ("national_core", date(2029, 6, 15), True),  # 36 months
        ("national_core", date(2029, 6, 16), False),
        ("core_strategic", date(2029, 6, 16), False),
        ("security_task", date(2029, 6, 15), True),
        ("ip_pending", TODAY, False),
        ("moon", date(2026, 12, 1), False),
    ],
)
def test_no_longer_than_the_ground_allows(ground, until, holds):
    found, before = duty(), rows()
    if holds:
        granted = decide_exemption(exemption=ask(found, ground=ground, until=until), grant=True, by=officer(), at=NOW)
        assert granted.until == until
        return
    asker = staff_of(found)
    with pytest.raises(DomainError):
        ask(found, ground=ground, until=until, by=asker)
    assert rows() == before


def test_the_database_keeps_the_cap_too():
    asked = exemption(until=date(2027, 12, 15))
    changes = fields_when_granted(date(2027, 12, 16))
    with pytest.raises(REFUSED), transaction.atomic():
        Exemption.objects.filter(pk=asked.pk).update(**changes)
    Exemption.objects.filter(pk=asked.pk).update(**fields_when_granted(date(2027, 12, 15)))


def fields_when_granted(until, by=None):
    return {"state": "granted", "decided_at": NOW, "decided_by": by or officer(), "runs_from": TODAY, "until": until}


def test_granted_for_less_than_asked_never_for_more():
    asked = exemption(until=date(2027, 1, 1))
    with pytest.raises(DomainError):
        decide_exemption(exemption=asked, grant=True, until=date(2027, 1, 2), by=officer(), at=NOW)
    decided = decide_exemption(exemption=asked, grant=True, until=date(2026, 12, 1), by=officer(), at=NOW)
    assert decided.until == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2027, 2, 27), False),
        (date(2027, 2, 28), True),  # three months before 31 May
        (date(2027, 5, 30), True),
        (date(2027, 5, 31), False),
    ],
)
def test_an_extension_is_asked_for_in_the_last_three_months_until_the_day_before(day, holds):
    found = duty()
    running = exemption(found, "granted", until=date(2027, 5, 31))
    settle(projects=[found.project_id], at=NOW)
    before, asker = rows(), staff_of(found)
    if holds:
        asked = ask(found, until=date(2028, 11, 30), at=at_day(day), by=asker)
        assert asked.extends == running
    else:
        with pytest.raises(NotPossibleNow):
            ask(found, until=date(2028, 11, 30), at=at_day(day), by=asker)
        assert rows() == before


def test_an_extension_runs_from_the_old_end_within_the_same_cap():
    found = duty()
    running = exemption(found, "granted", until=date(2027, 5, 31))
    settle(projects=[found.project_id], at=NOW)
    day = at_day(date(2027, 4, 1))
    with pytest.raises(DomainError):
        ask(found, until=date(2028, 12, 1), at=day)
    asked = ask(found, until=date(2028, 11, 30), at=day)
    decide_exemption(exemption=asked, grant=True, by=officer(), at=day)

    asked.refresh_from_db()
    running.refresh_from_db()
    found.refresh_from_db()
    assert (running.state, running.why_ended) == ("ended", "extended")
    assert (asked.state, asked.runs_from, asked.until) == ("granted", date(2027, 5, 31), date(2028, 11, 30))
    assert found.state == DutyState.EXEMPT


def test_the_duty_is_back_while_an_extension_waits_for_too_long():
    found = duty()
    exemption(found, "granted", until=date(2027, 5, 31))
    settle(projects=[found.project_id], at=NOW)
    asked = ask(found, until=date(2028, 5, 31), at=at_day(date(2027, 5, 30)))
    settle(projects=[found.project_id], at=at_day(date(2027, 6, 1)))
    found.refresh_from_db()
    assert found.state == DutyState.DUE

    decided = decide_exemption(exemption=asked, grant=True, by=officer(), at=at_day(date(2027, 6, 10)))
    found.refresh_from_db()
    assert (decided.runs_from, found.state) == (date(2027, 6, 10), DutyState.EXEMPT)


@pytest.mark.parametrize("state", ["asked", "granted"])
def test_taken_back(state):
    found = duty()
    given = exemption(found, state)
    settle(projects=[found.project_id], at=NOW)
    taken = take_back_exemption(exemption=given, by=staff_of(found), at=NOW)
    found.refresh_from_db()
    assert (taken.state, found.state) == ({"asked": "taken_back", "granted": "ended"}[state], DutyState.DUE)
    with pytest.raises(NotPossibleNow):
        take_back_exemption(exemption=given, by=staff_of(found), at=NOW)


def test_one_waits_at_a_time():
    found = exemption().obligation
    before, asker = rows(), staff_of(found)
    with pytest.raises(NotPossibleNow):
        ask(found, by=asker)
    assert rows() == before


@pytest.mark.parametrize("state", ["listed", "verified", "dropped"])
def test_only_what_is_due_can_be_exempt(state):
    from tests.obligations.test_states import in_state

    found = in_state(DutyState(state))
    asker = staff_of(found)
    with pytest.raises(NotPossibleNow):
        ask(found, by=asker)
    assert not Exemption.objects.exists()


# --- four eyes ---


def both_sides(organization):
    """A person of the institute who is an officer too."""
    user = MembershipFactory(organization=organization).user
    MembershipFactory(government=True, user=user)
    return user


def changed(asked, user):
    for name, value in fields_when_granted(asked.asked_until, user).items():
        setattr(asked, name, value)
    return asked


def raw(asked, user):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE obligations_exemption SET state = 'granted', decided_at = %s, decided_by_id = %s, runs_from = %s, "
            "until = %s WHERE id = %s",
            [NOW, user.pk, TODAY, asked.asked_until, asked.pk],
        )


def past_the_triggers_of_pgtrigger(asked, user):
    with pgtrigger.ignore():
        Exemption.objects.filter(pk=asked.pk).update(**fields_when_granted(asked.asked_until, user))


def another_asker_first(asked, user):
    Exemption.objects.filter(pk=asked.pk).update(asked_by=officer())
    raw(asked, user)


PATHS = {
    "update": lambda e, user: Exemption.objects.filter(pk=e.pk).update(**fields_when_granted(e.asked_until, user)),
    "save": lambda e, user: changed(e, user).save(),  # what a form of an admin would do
    "bulk_update": lambda e, user: Exemption.objects.bulk_update(
        [changed(e, user)], ["state", "decided_at", "decided_by", "runs_from", "until"]
    ),
    "raw": raw,
    "ignore": past_the_triggers_of_pgtrigger,
    "another asker first": another_asker_first,
}


@pytest.mark.parametrize("who", ["asker", "colleague", "colleague_of_two_sides", "stranger"])
@pytest.mark.parametrize("path", [*PATHS, "service"])
def test_who_asks_does_not_decide_by_any_path(path, who):
    found = duty()
    asker = both_sides(found.institute)
    asked = exemption(found, asked_by=asker)
    user = {
        "asker": lambda: asker,
        "colleague": lambda: staff_of(found),
        "colleague_of_two_sides": lambda: both_sides(found.institute),
        "stranger": lambda: MembershipFactory().user,
    }[who]()
    before = rows()
    if path == "service":
        with pytest.raises(NotAllowed):
            decide_exemption(exemption=asked, grant=True, by=user, at=NOW)
    else:
        with pytest.raises(REFUSED), transaction.atomic():
            PATHS[path](asked, user)
    assert rows() == before


def test_the_same_paths_are_open_to_who_may():
    """So that the test above fails for the right reason."""
    for path in ("update", "save", "bulk_update", "raw", "ignore"):
        asked = exemption()
        PATHS[path](asked, officer())
        assert Exemption.objects.get(pk=asked.pk).state == "granted"


def test_there_is_no_admin_to_get_round_it():
    assert "django.contrib.admin" not in settings.INSTALLED_APPS


@pytest.mark.parametrize(
    "changes", [{"asked_by": 1}, {"ground": "national_core"}, {"text": "x"}, {"asked_until": date(2030, 1, 1)}]
)
def test_what_was_asked_is_never_changed(changes):
    asked = exemption()
    changes = {name: officer() if name == "asked_by" else value for name, value in changes.items()}
    before = rows()
    with pytest.raises(REFUSED), transaction.atomic(), pgtrigger.ignore():
        Exemption.objects.filter(pk=asked.pk).update(**changes)
    assert rows() == before


@pytest.mark.parametrize("change", ["decided_by", "until", "decision_text", "delete"])
def test_what_was_decided_is_never_changed(change):
    granted = exemption(state="granted")
    value = {"decided_by": officer(), "until": TODAY + timedelta(days=2), "decision_text": "x"}.get(change)
    found = Exemption.objects.filter(pk=granted.pk)
    with pytest.raises(REFUSED), transaction.atomic():
        found.delete() if change == "delete" else found.update(**{change: value})


def test_an_exemption_is_never_born_granted():
    model = exemption()
    Exemption.objects.filter(pk=model.pk).update(state="taken_back", taken_back_at=NOW, taken_back_by=model.asked_by)
    model.pk, model.public_id = None, officer().public_id
    with pytest.raises(REFUSED), transaction.atomic():
        changed(model, officer()).save(force_insert=True)


# --- evidence ---


def archive(*names, mimetype=None, packed=False):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as made:
        if mimetype:
            made.writestr("mimetype", mimetype)
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


PACKED = zlib.compress(b"application/hwp+zip")[2:-4]
HWP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "HwpSummaryInformation".encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, EvidenceType.PDF),
        (b"\x89PNG\r\n\x1a\nx", EvidenceType.PNG),
        (b"\xff\xd8\xff\xe0x", EvidenceType.JPEG),
        (HWP, EvidenceType.HWP),
        (HWP[:8] + b"\0" * (PIECE - 20) + HWP[8:][-42:], EvidenceType.HWP),
        (archive("[Content_Types].xml", "word/document.xml"), EvidenceType.DOCX),
        (archive("Contents/section0.xml", mimetype="application/hwp+zip"), EvidenceType.HWPX),
    ],
)
def test_evidence_is_told_by_its_content(content, kind):
    assert read_evidence(file=io.BytesIO(content), name="x.exe").type == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ program",
        b"<html><script>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old Word file",
        archive("x.txt"),
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        b"PK\x03\x04 broken",
        archive("x", mimetype="application/hwp+zip", packed=True).replace(PACKED, b"\xff" * len(PACKED), 1),
        PDF + b"\0" * MOST_BYTES,
        b"%PDF-1.7\nbegins like one",
        PDF[: len(PDF) // 2],
    ],
    ids=["empty", "program", "page", "doc", "zip", "macros", "broken", "damaged", "large", "no PDF", "half a PDF"],
)
def test_what_is_no_evidence_is_not_taken_whatever_its_name(content):
    found = duty()
    asker = staff_of(found)
    with pytest.raises(NotEvidence) as error:
        ask(found, evidence=io.BytesIO(content), evidence_name="evidence.pdf", by=asker)
    assert error.value.field == "evidence"
    assert not Exemption.objects.exists()


def test_evidence_is_kept_privately_under_an_id_and_its_name_composed():
    import unicodedata

    name = unicodedata.normalize("NFD", "근거 자료.pdf")
    asked = ask(duty(), evidence_name=f"C:\\folder\\{name}")
    assert asked.evidence.name.startswith("exemptions/")
    assert "근거" not in asked.evidence.name
    assert asked.evidence_name == "근거 자료.pdf"
    assert asked.state == ExemptionState.ASKED
    with default_storage.open(asked.evidence.name) as kept:
        assert kept.read() == PDF


# --- what the database says of extensions, whoever writes ---


@pytest.mark.parametrize(("days", "is_taken"), [(-93, False), (-92, True), (-1, True), (0, False), (1, False)])
def test_the_database_takes_an_extension_in_its_window_only(days, is_taken):
    """Three months before the end, up to the day before it: 31 October to 30 January for 31 January 2027."""
    last = date(2027, 1, 31)
    granted = exemption(state="granted", until=last)
    before = rows()

    def insert():
        exemption(
            granted.obligation,
            extends=granted,
            asked_at=at_day(last + timedelta(days=days)),
            until=last.replace(year=2028),
        )

    if is_taken:
        insert()
        assert Exemption.objects.filter(extends=granted).count() == 1
    else:
        with pytest.raises(REFUSED), transaction.atomic():
            insert()
        assert rows() == before


def test_the_database_lets_no_exemption_run_from_a_later_day():
    """Else months beyond those of the ground are had by letting them begin later."""
    asked = exemption(until=TODAY + timedelta(days=700))
    before = rows()
    later = TODAY + timedelta(days=300)
    with pytest.raises(REFUSED), transaction.atomic(), pgtrigger.ignore():
        Exemption.objects.filter(pk=asked.pk).update(
            state="granted", decided_at=NOW, decided_by=officer(), runs_from=later, until=later + timedelta(days=400)
        )
    assert rows() == before

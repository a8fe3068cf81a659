"""Versions of the requirements: written by one officer, published by another, kept by applications."""

import pytest
from django.db import InternalError, transaction

from brokers.enums.registration import RegistrationKind, VersionState
from brokers.models import Application, Requirement, RequirementVersion
from brokers.queries.office_requirements import compared, published_versions
from brokers.services.office.write_requirements import (
    Line,
    discard_requirements,
    edit_requirements,
    publish_requirements,
    write_requirements,
)
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.factories.accounts import MembershipFactory
from tests.factories.brokers.fees import NOW, TODAY, officer
from tests.factories.brokers.office import DAY, applied, in_advice, requirements_draft, requirements_published
from tests.factories.brokers.registration import manager, shipped_requirements

AGENCY = RegistrationKind.AGENCY


def traces():
    return (
        list(RequirementVersion.objects.values().order_by("pk")),
        list(Requirement.objects.values().order_by("pk")),
        Notification.objects.count(),
    )


def refuses(error, act, field=None):
    before = traces()
    with pytest.raises(error) as caught:
        act()
    assert traces() == before
    assert caught.value.field == field


def content(**also):
    return {"valid_from": TODAY + DAY, "source": "Notice", "is_assumption": False, "lines": []} | also


def test_a_draft_begins_with_the_version_in_force():
    shipped_requirements()
    by = officer()
    lines = [Line("qualified_staff", "", 2, "Notice 7"), Line("network", "", 1, "Notice 8", is_waived=True)]
    made = write_requirements(kind=AGENCY, **content(lines=lines), by=by, at=NOW)
    first = RequirementVersion.objects.get(kind=AGENCY, version=1)
    assert (made.version, made.state, made.written_by, made.written_at) == (2, VersionState.DRAFT, by, NOW)
    rows = {row.place: (row.least, row.law, row.is_waived, row.unit) for row in made.requirements.all()}
    before = {row.place: (row.least, row.law, row.is_waived, row.unit) for row in first.requirements.all()}
    assert rows == before | {
        "qualified_staff": (2, "Notice 7", False, "people"), "network": (1, "Notice 8", True, "document"),
    }  # fmt: skip
    assert compared(made, TODAY).changed == 2


def test_without_a_version_there_is_nothing_to_begin_with():
    refuses(NotPossibleNow, lambda: write_requirements(kind=AGENCY, **content(), by=officer(), at=NOW))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"valid_from": TODAY - DAY}, "valid_from"),
        ({"source": " "}, "source"),
        ({"source": "x" * 501}, "source"),
        ({"lines": [Line("qualified_staff", "", 0, "x")]}, "qualified_staff.least"),
        ({"lines": [Line("qualified_staff", "", 101, "x")]}, "qualified_staff.least"),
        ({"lines": [Line("network", "", 2, "x")]}, "network.least"),
        ({"lines": [Line("since_cancellation", "", 241, "x")]}, "since_cancellation.least"),
        ({"lines": [Line("network", "", 1, " ")]}, "network.law"),
        ({"lines": [Line("network", "", 1, "x" * 301)]}, "network.law"),
        ({"lines": [Line("training", "", 1, "x")]}, "lines"),
    ],
)
def test_a_draft_that_cannot_be(given, field):
    shipped_requirements()
    refuses(DomainError, lambda: write_requirements(kind=AGENCY, **content(**given), by=officer(), at=NOW), field)


def test_only_its_writer_changes_a_draft_and_each_change_is_seen():
    by = officer()
    made = requirements_draft(by=by)
    edited = edit_requirements(version=made, **content(source="Another"), revision=1, by=by, at=NOW)
    assert (edited.revision, edited.source) == (2, "Another")
    assert edited.requirements.get(key="qualified_staff").least == 2  # what was written before stays
    refuses(ChangedMeanwhile, lambda: edit_requirements(version=made, **content(), revision=1, by=by, at=NOW))
    refuses(NotAllowed, lambda: edit_requirements(version=made, **content(), revision=2, by=officer(), at=NOW))
    refuses(ChangedMeanwhile, lambda: publish_requirements(version=made, revision=1, by=officer(), at=NOW))


def test_another_officer_publishes_and_brokers_are_told():
    by, broker, waiting = officer(), manager(), applied()
    made = requirements_draft(by=by)
    refuses(NotAllowed, lambda: publish_requirements(version=made, revision=1, by=by, at=NOW))
    late = NOW + 3 * DAY
    refuses(DomainError, lambda: publish_requirements(version=made, revision=1, by=officer(), at=late), "valid_from")
    other = officer()
    done = publish_requirements(version=made, revision=1, by=other, at=NOW)
    assert (done.state, done.published_by, done.published_at) == (VersionState.PUBLISHED, other, NOW)
    told = set(Notification.objects.filter(kind="requirements_published").values_list("recipient", flat=True))
    assert told == {broker.pk, waiting.applicant_id}
    refuses(NotPossibleNow, lambda: edit_requirements(version=made, **content(), revision=1, by=by, at=NOW))
    refuses(NotPossibleNow, lambda: discard_requirements(version=made, by=by))
    second = requirements_draft()
    refuses(NotPossibleNow, lambda: publish_requirements(version=second, revision=1, by=officer(), at=NOW))


def test_a_draft_is_thrown_away():
    made = requirements_draft()
    discard_requirements(version=made, by=officer())
    refuses(NotPossibleNow, lambda: publish_requirements(version=made, revision=1, by=officer(), at=NOW))


def test_only_officers_write_and_publish():
    made = requirements_draft()
    for by in (manager(), MembershipFactory(institute=True, manager=True).user):
        refuses(NotAllowed, lambda by=by: write_requirements(kind=AGENCY, **content(), by=by, at=NOW))
        refuses(NotAllowed, lambda by=by: publish_requirements(version=made, revision=1, by=by, at=NOW))
        refuses(NotAllowed, lambda by=by: discard_requirements(version=made, by=by))


def test_applications_keep_the_version_of_the_day_they_were_handed_in():
    first = in_advice()
    new = requirements_published(valid_from=TODAY)
    first.refresh_from_db()
    assert first.requirements.version == 1
    second = applied()
    assert second.requirements == new
    with pytest.raises(InternalError), transaction.atomic():
        Application.objects.filter(pk=first.pk).update(requirements=new)


def test_which_is_in_force_and_what_comes_with_the_difference():
    shipped_requirements()
    now, later = requirements_published(valid_from=TODAY), requirements_published(valid_from=TODAY + 9 * DAY)
    found = published_versions(TODAY)
    agencies = found[AGENCY]
    assert [(each.version.version, each.is_in_force, each.is_to_come) for each in agencies] == [
        (later.version, False, True), (now.version, True, False), (1, False, False),
    ]  # fmt: skip
    assert (agencies[1].changed, agencies[2].before) == (1, None)
    changed = next(line for line in agencies[1].lines if line.is_changed)
    assert (changed.row.key, changed.row.least, changed.before.least) == ("qualified_staff", 2, 3)
    assert agencies[0].before == now
    assert [each.version.version for each in found[RegistrationKind.TRADER]] == [1]

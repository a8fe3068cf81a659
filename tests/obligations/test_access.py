"""Who × action × state, as tables: with the effect absent where it is refused; and who sees what."""

import io
from copy import deepcopy
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from marketplace.core.errors import Conflict, DomainError, NotAllowed
from obligations.enums import DutyState, ExemptionState
from obligations.models import (
    Discharge,
    DutyRule,
    EvidenceOpening,
    Exemption,
    Letter,
    Obligation,
    ResearchResult,
    RnDProject,
)
from obligations.services.discharge import accept_extension, discharge, need_listings, undischarge, verify, verify_many
from obligations.services.exempt import ask_exemption, decide_exemption, take_back_exemption
from obligations.services.open_evidence import open_evidence
from obligations.services.projects import ProjectData, add_project, change_project, delete_project
from obligations.services.results import ResultData, add_result, change_result, delete_result, merge_results
from obligations.services.settle import settle
from tests.database import undone
from tests.factories.obligations import (
    NOW,
    PDF,
    TODAY,
    ProjectFactory,
    ResultFactory,
    duty,
    exemption,
    letter_about,
    named,
)
from tests.factories.tech_listings import ListingFactory
from tests.obligations.test_states import FIELDS, WAYS

PEOPLE = (
    "stranger", "firm", "broker", "other_institute", "viewer", "asked_to_join", "staff", "manager", "officer",
    "officers_manager", "officer_viewer", "officer_of_the_institute",
)  # fmt: skip
INSTITUTE = {"staff", "manager"}
OFFICERS = {"officer", "officers_manager"}
ALL_OFFICERS = OFFICERS | {"officer_of_the_institute"}


def project_data(institute, **changes):
    given = {
        "number": "RS-2025-1", "title": "과제", "ministry": "부처", "lead": institute,
        "starts_on": date(2025, 1, 1), "ends_on": date(2026, 12, 31),
    }  # fmt: skip
    return ProjectData(**given | changes)


def result_data(institute, **changes):
    return ResultData(**{"kind": "know_how", "title": "성과", "owner": institute, "completed_on": TODAY} | changes)


class Scene:
    def __init__(self, world, state=DutyState.DUE):
        self.institute = world.institute
        self.project = ProjectFactory(lead=self.institute)
        self.result = ResultFactory(project=self.project, number="")
        self.twin = ResultFactory(project=self.project, number="")
        self.duty = duty(self.result)
        self.listing = ListingFactory(holder=self.institute)
        self.listed = ListingFactory(holder=self.institute)
        for step in WAYS[state]:
            Obligation.objects.filter(pk=self.duty.pk).update(state=step, **FIELDS[step])
        self.asked = exemption(self.duty) if state == DutyState.DUE else None
        if state in {DutyState.LISTED, DutyState.VERIFIED}:
            named(self.duty, self.listed)


ACTIONS = {
    "add_project": lambda s, by: add_project(data=project_data(s.institute), by=by, at=NOW),
    "change_project": lambda s, by: change_project(
        project=s.project, data=project_data(s.institute, title="neu"), by=by, at=NOW
    ),
    "mark_security": lambda s, by: change_project(
        project=s.project, data=project_data(s.institute, is_security=True), by=by, at=NOW
    ),
    "delete_project": lambda s, by: delete_project(project=s.project, by=by, at=NOW),
    "add_result": lambda s, by: add_result(project=s.project, data=result_data(s.institute), by=by, at=NOW),
    "change_result": lambda s, by: change_result(result=s.result, data=result_data(s.institute), by=by, at=NOW),
    "delete_result": lambda s, by: delete_result(result=s.result, by=by, at=NOW),
    "merge_results": lambda s, by: merge_results(result=s.result, into=s.twin, by=by, at=NOW),
    "discharge": lambda s, by: discharge(obligation=s.duty, listing=s.listing, by=by, at=NOW),
    "undischarge": lambda s, by: undischarge(obligation=s.duty, listing=s.listed, by=by, at=NOW),
    "need_listings": lambda s, by: need_listings(obligation=s.duty, count=2, by=by, at=NOW),
    "verify": lambda s, by: verify(obligation=s.duty, by=by, at=NOW),
    "accept_extension": lambda s, by: accept_extension(
        obligation=s.duty, until=date(2026, 9, 1), reason="Abroad", by=by, at=NOW
    ),
    "ask_exemption": lambda s, by: ask_exemption(
        obligation=s.duty, ground="ip_pending", text="x", until=TODAY + timedelta(days=9), evidence=io.BytesIO(PDF),
        evidence_name="x.pdf", by=by, at=NOW,
    ),
    "decide_exemption": lambda s, by: decide_exemption(exemption=s.asked, grant=True, by=by, at=NOW),
    "take_back_exemption": lambda s, by: take_back_exemption(exemption=s.asked, by=by, at=NOW),
}  # fmt: skip
WHO = {
    "add_project": INSTITUTE | ALL_OFFICERS, "change_project": INSTITUTE | ALL_OFFICERS,
    "mark_security": ALL_OFFICERS, "delete_project": ALL_OFFICERS,
    "add_result": INSTITUTE | ALL_OFFICERS, "change_result": INSTITUTE | ALL_OFFICERS,
    "delete_result": INSTITUTE | ALL_OFFICERS, "merge_results": INSTITUTE | ALL_OFFICERS,
    "discharge": INSTITUTE, "undischarge": INSTITUTE | OFFICERS,
    "ask_exemption": INSTITUTE, "take_back_exemption": INSTITUTE,
    "need_listings": OFFICERS, "verify": OFFICERS, "accept_extension": OFFICERS, "decide_exemption": OFFICERS,
}  # fmt: skip
WHEN = {
    "discharge": {"due", "listed", "verified"},
    "undischarge": {"listed", "verified"},
    "verify": {"listed"},
    "accept_extension": {"due"},
    "ask_exemption": {"due"},
}


def everything():
    return [
        list(model.objects.values().order_by("pk"))
        for model in (RnDProject, ResearchResult, Obligation, Discharge, Exemption)
    ]


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may(world, action):
    state = DutyState.LISTED if action in {"verify", "undischarge"} else DutyState.DUE
    scene, people, allowed = Scene(world, state), {who: world.person(who) for who in PEOPLE}, set()
    if action == "ask_exemption":
        Exemption.objects.filter(pk=scene.asked.pk).update(
            state="taken_back", taken_back_at=NOW, taken_back_by=scene.asked.asked_by
        )
    before = everything()
    for who, person in people.items():
        with undone():
            try:
                ACTIONS[action](deepcopy(scene), person)
                allowed.add(who)
                assert everything() != before
            except NotAllowed:
                assert everything() == before
    assert everything() == before
    assert allowed == WHO[action]


@pytest.mark.parametrize("state", DutyState)
@pytest.mark.parametrize("action", WHEN)
def test_in_which_state(world, action, state):
    scene = Scene(world, state)
    if action == "ask_exemption" and scene.asked:
        take_back_exemption(exemption=scene.asked, by=world.staff, at=NOW)
    person = world.staff if WHO[action] == INSTITUTE else world.officer
    before = everything()
    if str(state) in WHEN[action]:
        ACTIONS[action](scene, person)
        assert everything() != before
    else:
        with pytest.raises(Conflict):
            ACTIONS[action](scene, person)
        assert everything() == before


OF_EXEMPTION = {
    "grant": lambda asked, by: decide_exemption(exemption=asked, grant=True, by=by, at=NOW),
    "refuse": lambda asked, by: decide_exemption(exemption=asked, grant=False, text="No", by=by, at=NOW),
    "take_back": lambda asked, by: take_back_exemption(exemption=asked, by=by, at=NOW),
}
OPEN = {"grant": {"asked"}, "refuse": {"asked"}, "take_back": {"asked", "granted"}}


@pytest.mark.parametrize("state", ExemptionState)
@pytest.mark.parametrize("action", OF_EXEMPTION)
def test_in_which_state_of_an_exemption(world, action, state):
    asked = exemption(duty(ResultFactory(project__lead=world.institute, number="")), state, asked_by=world.staff)
    settle(projects=[asked.obligation.project_id], at=NOW)
    person = world.staff if action == "take_back" else world.officer
    before = everything()
    if str(state) in OPEN[action]:
        OF_EXEMPTION[action](asked, person)
        assert everything() != before
    else:
        with pytest.raises(Conflict):
            OF_EXEMPTION[action](asked, person)
        assert everything() == before


STALE = {name: action for name, action in ACTIONS.items() if name in {
    "discharge", "undischarge", "need_listings", "verify", "accept_extension", "ask_exemption", "decide_exemption",
    "take_back_exemption",
}}  # fmt: skip


@pytest.mark.parametrize("action", STALE)
def test_every_service_refuses_what_was_seen_at_an_older_revision(world, action, monkeypatch):
    """The table's own calls, with a revision that is not the present one any more."""
    scene = Scene(world, DutyState.LISTED if action in {"verify", "undischarge"} else DutyState.DUE)
    if action == "ask_exemption":
        take_back_exemption(exemption=scene.asked, by=world.staff, at=NOW)
    service = globals()[action]
    monkeypatch.setitem(globals(), action, lambda **given: service(**given, revision=77))
    before = everything()
    with pytest.raises(Conflict) as refusal:
        STALE[action](scene, world.staff if WHO[action] == INSTITUTE else world.officer)
    assert refusal.value.code == "changed_meanwhile"
    assert everything() == before


def test_who_may_verify_many_at_once(world):
    scene, people, allowed = Scene(world, DutyState.LISTED), {who: world.person(who) for who in PEOPLE}, set()
    scene.duty.refresh_from_db()
    before = everything()
    for who, person in people.items():
        with undone():
            seen = [(deepcopy(scene.duty), scene.duty.revision)]
            done, left_out = verify_many(seen=seen, by=person, at=NOW)
            if done:
                allowed.add(who)
            else:
                assert [row.obligation for row in left_out] == [scene.duty]
                assert everything() == before
    assert allowed == WHO["verify"]


def test_who_may_open_evidence_is_who_sees_it(world):
    asked = exemption(duty(ResultFactory(project__lead=world.institute, number="")))
    allowed = set()
    for who in PEOPLE:
        try:
            open_evidence(exemption=asked, by=world.person(who), at=NOW)
            allowed.add(who)
        except NotAllowed:
            assert not EvidenceOpening.objects.filter(opened_by=world.person(who)).exists()
    assert allowed == {who for who, many in SEES.items() if many}


SEES = {
    "viewer": 0, "asked_to_join": 0, "stranger": 0, "firm": 0, "broker": 0, "officer_viewer": 0,
    "other_institute": 0, "staff": 1, "manager": 1, "officer": 2, "officers_manager": 2, "officer_of_the_institute": 2,
}  # fmt: skip


@pytest.mark.parametrize("who", PEOPLE)
def test_who_sees_what(world, who):
    """Of two institutes with one project, result, duty, discharge and exemption each; a secret project beside."""
    for project in (ProjectFactory(lead=world.institute), ProjectFactory()):
        found = duty(ResultFactory(project=project, number=""))
        exemption(found)
        letter_about([found])
        named(found, ListingFactory(holder=project.lead))
    ResultFactory(project__lead=world.institute, project__security=True)
    for model in (RnDProject, ResearchResult, Obligation, Discharge, Exemption, Letter):
        assert model.objects.visible_to(world.person(who)).count() == SEES[who], model
        assert model.objects.visible_to(AnonymousUser()).count() == 0
    assert DutyRule.objects.visible_to(AnonymousUser()).count() == 3


def test_partners_and_owners_see_the_project_once(world):
    project = ProjectFactory(with_partners=[world.institute])
    ResultFactory.create_batch(2, project=project, owner=world.institute)
    assert list(RnDProject.objects.visible_to(world.staff)) == [project]
    assert ResearchResult.objects.visible_to(world.staff).count() == 2


# --- what services refuse besides ---


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "–"}, "number"),
        ({"title": " "}, "title"),
        ({"ends_on": date(2024, 1, 1)}, "ends_on"),
        ({"government_won": 2, "total_won": 1}, "total_won"),
        ({"completed_on": date(2026, 6, 16)}, "completed_on"),
        ({"report_published_on": date(2026, 6, 1)}, "report_published_on"),
        ({"number": "rs 2025 00000009"}, "number"),
    ],
)
def test_a_project_that_cannot_be(world, changes, field):
    ProjectFactory(number="RS-2025-00000009")
    before = everything()
    with pytest.raises(DomainError) as error:
        add_project(data=project_data(world.institute, **changes), by=world.staff, at=NOW)
    assert error.value.field == field
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "moon"}, "kind"),
        ({"kind": "patent", "number": "10-2024-1"}, "number"),
        ({"title": ""}, "title"),
        ({"completed_on": None}, "completed_on"),
        ({"completed_on": date(2026, 6, 16)}, "completed_on"),
        ({"contribution_bp": 0}, "contribution_bp"),
    ],
)
def test_a_result_that_cannot_be(world, changes, field):
    project = ProjectFactory(lead=world.institute)
    before = everything()
    with pytest.raises(DomainError) as error:
        add_result(project=project, data=result_data(world.institute, **changes), by=world.staff, at=NOW)
    assert error.value.field == field
    assert everything() == before


def test_a_result_is_owed_at_once_and_its_number_kept_as_13_digits(world):
    project = ProjectFactory(lead=world.institute)
    data = result_data(world.institute, kind="patent", number="10-2024-0000007", inventors=[("이름", "A@Example.org")])
    result = add_result(project=project, data=data, by=world.staff, at=NOW)
    assert result.number == "1020240000007"
    assert result.inventors == [{"name": "이름", "email": "a@example.org"}]
    assert Obligation.objects.get().result == result


@pytest.mark.parametrize("until", [date(2026, 6, 1), date(2026, 9, 2)])
def test_a_reason_gives_at_most_three_months(world, until):
    found = duty(completed_on=date(2026, 6, 1))
    with pytest.raises(DomainError) as error:
        accept_extension(obligation=found, until=until, reason="Abroad", by=world.officer, at=NOW)
    assert error.value.field == "until"
    found.refresh_from_db()
    assert found.extended_to is None


def test_reasons_together_give_at_most_six_months(world):
    found = duty(completed_on=date(2026, 2, 28))
    for until in (date(2026, 5, 31), date(2026, 8, 31)):
        found = accept_extension(obligation=found, until=until, reason="Abroad", by=world.officer, at=NOW)
    assert (found.deadline, found.latest_on) == (date(2026, 8, 31), date(2026, 8, 31))
    with pytest.raises(Conflict):
        accept_extension(obligation=found, until=date(2026, 9, 1), reason="Abroad", by=world.officer, at=NOW)


def test_two_tabs_the_second_is_told(world):
    found = duty()
    seen = found.revision
    accept_extension(obligation=found, until=date(2026, 7, 1), reason="Abroad", by=world.officer, at=NOW, revision=seen)
    with pytest.raises(Conflict) as error:
        accept_extension(
            obligation=found, until=date(2026, 8, 1), reason="Abroad", by=world.officer, at=NOW, revision=seen
        )
    assert error.value.code == "changed_meanwhile"
    found.refresh_from_db()
    assert found.extended_to == date(2026, 7, 1)


def test_a_merged_result_hands_over_what_discharged_it(world):
    project = ProjectFactory(lead=world.institute)
    gone, stays = ResultFactory.create_batch(2, project=project, number="")
    discharge(obligation=duty(gone), listing=ListingFactory(holder=world.institute), by=world.staff, at=NOW)
    duty(stays)
    merge_results(result=gone, into=stays, by=world.staff, at=NOW)
    states = dict(Obligation.objects.values_list("result", "state"))
    assert states == {gone.pk: "dropped", stays.pk: "listed"}
    assert Discharge.objects.live().get().obligation.result == stays

"""The demo's applications: decided by another officer than who checked them, and loaded once."""

from django.utils import timezone

from accounts.demo import load as load_people
from brokers.demo.office import load_office
from brokers.demo.registration import load as load_applications
from brokers.enums.registration import ApplicationState
from brokers.models import Application, ApplicationStep, Registration
from brokers.queries.office import gazette
from brokers.queries.office_acts import acts_of


def test_two_agencies_a_trader_an_objection_and_what_is_under_way():
    at = timezone.now()
    loaded = load_people(password="demo-ieum-2026", totp_secret="IEUMDEMOIEUMDEMOIEUMDEMOIEUMDEMO", at=at)
    assert load_office(organizations=loaded.organizations, at=at) == 4
    load_applications(organizations=loaded.organizations, at=at)
    assert load_office(organizations=loaded.organizations, at=at) == 0

    kinds = list(Registration.objects.values_list("kind", flat=True).order_by("kind", "pk"))
    assert kinds == ["agency", "agency", "trader"]
    assert len(gazette()) == 3
    states = set(Application.objects.values_list("state", flat=True))
    assert states == set(ApplicationState) - {"refused"}  # whoever was refused objected
    rejected = Application.objects.get(state="rejected")
    assert rejected.decided_by.email == "officer@diffusion.example"
    objected = Application.objects.get(state="objected")
    officer = loaded.organizations["technology-diffusion-office"].memberships.get(role="manager").user
    assert [(each.act.value, each.why_not) for each in acts_of(objected, officer, timezone.localdate(at))] == [
        ("decide-objection", "")
    ]
    assert ApplicationStep.objects.filter(at__gt=at).count() == 0

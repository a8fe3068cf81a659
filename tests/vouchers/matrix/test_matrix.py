"""Actor × entry point for every decision about money: four eyes, conflict rules and caps hold by whichever way.

Where somebody may not, what answers is a refusal and no row of programmes or vouchers is another one (lessons F9).
"""

import uuid

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import get_commands
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from rest_framework.test import APIClient

from marketplace.core.errors import DomainError, NotAllowed
from notifications.models import Notification
from tests.architecture.test_access_table import names
from tests.database import undone
from tests.factories.accounts import sign_in, token_text
from tests.factories.vouchers import orders
from tests.factories.vouchers.money import DAY, NOW
from tests.vouchers.matrix.rows import APPS, changed, sums
from tests.vouchers.matrix.world import OFFICERS, PEOPLE, acts
from vouchers import tasks
from vouchers.services.claims.pay import send_batch
from vouchers.services.claims.results import read_results

DECISIONS = (
    "check a claim", "approve a claim", "prepare a payment file", "send a payment file", "approve a selection",
    "confirm a recovery", "impose a sanction", "impose one that was not heard", "issue a voucher",
    "decide on a change", "order above the cap", "send a claim back", "refuse an approved claim",
    "cancel a payment file", "suspend a voucher", "end a voucher", "announce a recovery", "let it be paid in parts",
    "accept for a firm that objects", "enter a receipt", "propose a sanction", "propose one for fraud",
    "lift a sanction",
)  # fmt: skip
REFUSALS = (302, 400, 401, 403, 404, 409, 422)  # 302: to the page for signing in; 400: names what one cannot see


def browser(world, who):
    client = Client()
    if world.people[who] is not None:
        sign_in(client, world.people[who])
    return client


def program(world, who):
    client = APIClient()
    if who in world.tokens:
        key = str(uuid.uuid4())
        client.credentials(HTTP_AUTHORIZATION=f"Token {token_text(world.tokens[who])}", HTTP_IDEMPOTENCY_KEY=key)
    return client


def address(world, act, name, space):
    name = name if ":" in name else f"{space}:{name}"
    if name.endswith("selection_act"):
        return reverse(name, args=[getattr(world, act.thing).public_id, "approve"])
    of_a_list = act.thing is None or name in ("vouchers-api:orders", "vouchers-api:recoveries")
    return reverse(name, args=[] if of_a_list else [getattr(world, act.thing).public_id])


def by_page(world, act, who):
    return browser(world, who).post(address(world, act, act.page, "vouchers"), act.form).status_code


def by_api(world, act, who):
    where = address(world, act, act.api, "vouchers-api")
    return program(world, who).post(where, act.body, format="json").status_code


def by_service(world, act, who):
    """Straight to the service, as a batch, a task or a command would: what a person unknown gets, too."""
    given = dict(act.given) if act.name is None else {act.name: world.thing(act.thing), **act.given}
    try:
        act.service(**given, by=world.people[who], at=NOW)
    except NotAllowed:
        return 403
    except DomainError as refused:
        return refused.status
    return 200


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("way", [by_page, by_api, by_service])
def test_who_decides_by_which_way(world, decision, way):
    wrong = []
    for who in PEOPLE:
        act = acts(world)[decision]
        with undone():
            before = sums()
            status = way(world, act, who)
            touched = changed(before, sums())
        if who in act.may:
            if status not in (200, 201, 302) or not touched:
                wrong.append(f"{who} was refused: {status}")
        elif status not in REFUSALS or touched:
            wrong.append(f"{who} got {status} and changed {touched}")
    assert wrong == []


@pytest.mark.parametrize("way", [by_page, by_api, by_service])
def test_an_administrator_who_did_the_first_half_does_not_do_the_second(world, way):
    """As for any officer: being a superuser opens nothing."""
    world.people["first"].is_superuser = True
    world.people["first"].save()
    for decision in DECISIONS:
        act = acts(world)[decision]
        if "first" not in act.may:
            with undone():
                before = sums()
                status = way(world, act, "first")
                assert (status in REFUSALS, changed(before, sums())) == (True, []), decision


@pytest.mark.parametrize("who", ["anonymous", "firm_manager", "first", "second", "admin"])
def test_a_link_decides_nothing(world, who):
    """What mails lead to, and the addresses of the forms: opened, they change no row."""
    links = set(Notification.objects.exclude(url="").values_list("url", flat=True))
    links |= {address(world, act, act.page, "vouchers") for act in acts(world).values()}
    client, before = browser(world, who), sums()
    answers = {link: client.get(link).status_code for link in sorted(links)}
    assert changed(before, sums()) == []
    assert set(answers.values()) <= {200, 302, 403, 404}, answers
    assert len(answers) > 20


def test_the_same_person_twice_by_two_ways(world):
    """Checked on the page, approved by the API, sent by the service: the second half is refused each time."""
    every = acts(world)
    for who in ("second", "admin_officer"):
        with undone():
            assert by_page(world, every["check a claim"], who) == 302
            before = sums()
            client = program(world, who)
            where = reverse("vouchers-api:claim-approve", args=[world.accepted.public_id])
            assert client.post(where, {}, format="json").status_code == 403
            page = reverse("vouchers:claim_approve", args=[world.accepted.public_id])
            assert browser(world, who).post(page, {}).status_code == 403
            assert changed(before, sums()) == []


def test_a_program_names_the_revision_it_read(world):
    """As the page does: who read an older one is refused, and nothing is decided."""
    acting = {"accepted": ("claim-check", "checked"), "checked": ("claim-approve", "approved")}
    for name, (door, state) in acting.items():
        claim = getattr(world, name)
        client, where = program(world, "second"), reverse(f"vouchers-api:{door}", args=[claim.public_id])
        with undone():
            before = sums()
            old = client.post(where, {"revision": claim.revision + 1}, format="json")
            assert (old.status_code, old.json()["code"]) == (409, "changed_meanwhile")
            assert changed(before, sums()) == []
            now = client.post(where, {"revision": claim.revision}, format="json")
            assert (now.status_code, now.json()["state"]) == (200, state)


DECIDED_ELSEWHERE = {
    "voucher_refund": "as a deposit", "voucher_resume": "as suspending", "change_withdraw": "the firm's own",
    "batch_results": "test_a_result_is_read_by_who_may",
}  # fmt: skip
OF_A_PARTY = frozenset(
    {
        "voucher_change", "find", "choice_ask", "choice_drop", "quotation", "quotation_decline", "quotation_withdraw",
        "order_accept", "order_decline", "order_withdraw", "order_cancel", "claim_new", "claim", "claim_document_add",
        "claim_document_remove", "claim_submit", "claim_withdraw", "claim_accept", "claim_object", "recovery_object",
        "sanction_answer", "voucher_withdraw",
    }
)  # fmt: skip
"""What firm or provider does: who may not is in the tests of each, and in tests/architecture/access.py."""


def test_every_act_of_an_office_is_in_the_matrix(world):
    """By the URL configuration: whoever adds an act of officers says who may."""
    there = {act.page for act in acts(world).values()}
    client, missing = browser(world, "second"), []
    for name in names(get_resolver()):
        space, _colon, short = name.partition(":")
        if space != "vouchers" or short in there | set(DECIDED_ELSEWHERE) | OF_A_PARTY:
            continue
        for given in ([], [uuid.uuid4()]):
            try:
                where = reverse(name, args=given)
            except NoReverseMatch:
                continue
            if "POST" in client.options(where).headers.get("Allow", "GET"):
                missing.append(short)
    assert set(missing) <= {"quotation_order"}, missing  # that one is “order above the cap”, by its prefix


@pytest.mark.parametrize("way", ["page", "api", "service"])
def test_a_result_is_read_by_who_may(world, way):
    """The treasury's answer moves money: by an officer of the office who is of no party, whichever way."""
    batch = send_batch(batch=world.thing("batch"), by=world.people["second"], at=NOW)
    content = orders.result_file(batch)
    for who in PEOPLE:
        with undone():
            before = sums()
            file = ContentFile(content, name="result.csv")
            if way == "page":
                where = reverse("vouchers:batch_results", args=[batch.public_id])
                status = browser(world, who).post(where, {"file": file}).status_code
            elif way == "api":
                where = reverse("vouchers-api:payment-file-results", args=[batch.public_id])
                status = program(world, who).post(where, {"file": file}, format="multipart").status_code
            else:
                try:
                    read_results(batch=batch, file=file, name="r.csv", by=world.people[who], at=NOW)
                    status = 201
                except DomainError as refused:
                    status = refused.status
            touched = changed(before, sums())
        if who in OFFICERS:
            assert (status in (200, 201, 302), touched != []) == (True, True), who
        else:
            assert (status in REFUSALS, touched) == (True, []), (who, status)


def test_a_batch_is_all_or_nothing(world):
    """One claim that cannot be in it among others: none of them goes into the file."""
    act = acts(world)["prepare a payment file"]
    with undone():
        before = sums()
        ids = [str(world.approved.public_id), str(world.checked.public_id)]  # that one is of another call
        assert browser(world, "second").post(reverse("vouchers:batches"), act.form | {"claims": ids}).status_code == 200
        body = {"call": world.call.number, "claims": ids}
        where = reverse("vouchers-api:payment-files")
        assert program(world, "second").post(where, body, format="json").status_code == 400
        assert changed(before, sums()) == []


def test_no_clock_and_no_task_decides(world):
    """Every task of the house, a night and a month later: what waits for an officer still does."""
    waits = ("checked", "approved", "batch", "selection", "recovery", "sanction", "accused", "change")
    for later in (NOW, NOW + 13 * DAY):
        with time_machine.travel(later, tick=False), undone():
            before = {name: world.thing(name).state for name in waits}
            for name in ("sweep_vouchers", "look_after_vouchers", "check_money", "accept_silent"):
                getattr(tasks, name)()
            assert {name: world.thing(name).state for name in waits} == before


@pytest.mark.usefixtures("world")
def test_no_management_command_and_no_admin_site_touches_money():
    """There is none in these apps, so no command needs an officer; the site of Django's admin is not there at all."""
    ours = {command: app for command, app in get_commands().items() if app in APPS}
    assert ours == {}
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    with pytest.raises(NoReverseMatch):
        reverse("admin:index")
    assert not any(hasattr(apps.get_app_config(app).module, "admin") for app in APPS)


def test_an_administrator_finds_no_admin_site(world):
    for who in ("admin", "admin_officer"):
        assert browser(world, who).get("/admin/").status_code == 404

"""What makes something takes a key: none is refused, the same twice makes it once and gives the same answer, and the
same key with another body is 409. Acts of programs may carry one and are answered alike. Every POST of programmes and
vouchers is in one of the lists below, every POST of a program of vouchers in the first two.
"""

import re
import uuid

import pytest
import yaml
from django.core.files import File
from django.core.files.base import ContentFile
from django.urls import get_resolver, resolve, reverse
from rest_framework.test import APIClient

from tests.api.test_schema import SCHEMA
from tests.architecture.access import ADDRESSES
from tests.architecture.test_access_table import names
from tests.database import undone
from tests.factories.accounts import sign_in
from tests.factories.vouchers import orders, recovery
from tests.factories.vouchers.money import DAY as DAY_LONG
from tests.factories.vouchers.money import MILLION, NOW, agreement_row, application_row, call_row, waiting
from tests.factories.vouchers.orders import paper
from tests.vouchers.matrix.rows import changed, sums
from tests.vouchers.matrix.test_matrix import browser
from vouchers.services.life.halt import suspend

DAY = NOW.date().isoformat()
SPACES = ("programmes", "programmes-api", "vouchers", "vouchers-api")


def sanction(**also):
    return {"kind": "exclusion", "until_on": "2027-11-20", "reason": "x"} | also


def made_by(world):
    """{name: (who, what it is on, body of the page or API, what makes it another body)}. Forms are named as posted."""
    deposit = {"amount_won": 1 * MILLION, "received_on": DAY, "reference": "B-1"}
    other_sum, why, firm = {"amount_won": 2 * MILLION}, {"why": "x"}, world.firm
    announced = {"ground": "false", "principal_won": 1 * MILLION, "interest_from": DAY, "surcharge_won": 0, "text": "x"}
    owed, other_principal = world.recovery.voucher, {"principal_won": 2 * MILLION}
    debtor, again = str(firm.public_id), world.sanction.recovery
    fraud = sanction(ground="convicted", evidence="J-1")
    claim = {"supply_won": 1 * MILLION, "vat_won": 100_000, "text": "x", "invoice_number": "I-1", "invoice_on": DAY}
    files = {"call": world.call.number, "claims": [str(world.approved.public_id)]}
    other_files = {"claims": [str(world.checked.public_id)]}
    order, waiting, small = world.running, world.waiting, world.small_quotation
    in_form = {f"sanction-{name}": value for name, value in sanction(kind="warning").items()}
    return {
        "vouchers:find": (
            "firm_staff", small.choice.voucher, {"service": "strategy", "order_of": DAY}, {"service": "promotion"}
        ),
        "vouchers:quotation_order": ("firm_staff", small, why, {"why": "y"}),
        "vouchers:claim_new": ("provider_staff", order, claim, {"supply_won": 2 * MILLION}),
        "vouchers:batches": ("second", None, files, other_files),
        "vouchers:voucher_deposit": ("second", waiting, deposit, other_sum),
        "vouchers:recovery_new": ("second", owed, announced | {"debtor": debtor}, other_principal),
        "vouchers:recovery_receipt": ("second", again, deposit, other_sum),
        "vouchers:recovery_sanction": ("second", again, in_form, {"sanction-kind": "exclusion"}),
        "vouchers:sanction_new": (
            "second", None, fraud | {"business_number": firm.business_number, "kind": "warning"},
            {"kind": "exclusion"},
        ),
        "vouchers-api:orders": ("firm_staff", None, why | {"quotation": str(small.public_id)}, {"why": "y"}),
        "vouchers-api:claims": (
            "provider_staff", None, claim | {"order": str(order.public_id)}, {"supply_won": 2 * MILLION}
        ),
        "vouchers-api:claim-documents": (
            "provider_staff", world.drafted, {"key": "photo", "document": "one"}, {"document": "two"}
        ),
        "vouchers-api:payment-files": ("second", None, files, other_files),
        "vouchers-api:voucher-deposit": ("second", waiting, deposit, other_sum),
        "vouchers-api:recoveries": (
            "second", None, announced | {"debtor": debtor, "voucher": str(owed.public_id)}, other_principal
        ),
        "vouchers-api:recovery-receipts": ("second", again, deposit, other_sum),
        "vouchers-api:recovery-sanctions": ("second", again, sanction(kind="warning"), {"kind": "exclusion"}),
        "vouchers-api:sanctions": (
            "second", None, fraud | {"organization": debtor, "kind": "warning"}, {"kind": "exclusion"}
        ),
    }  # fmt: skip


MAKES = tuple(
    f"vouchers:{name}"
    for name in (
        "find", "quotation_order", "claim_new", "batches", "voucher_deposit", "recovery_new", "recovery_receipt",
        "recovery_sanction", "sanction_new",
    )
) + tuple(
    f"vouchers-api:{name}"
    for name in (
        "orders", "claims", "claim-documents", "payment-files", "voucher-deposit", "recoveries", "recovery-receipts",
        "recovery-sanctions", "sanctions",
    )
)  # fmt: skip
ACTS = tuple(
    f"vouchers-api:{name}"
    for name in (
        "choice-ask", "choice-drop", "quotation-give", "quotation-decline", "quotation-withdraw", "order-accept",
        "order-decline", "order-withdraw", "order-cancel", "claim-submit", "claim-withdraw", "claim-accept",
        "claim-object", "claim-answer", "claim-check", "claim-approve", "claim-return", "claim-disallow",
        "payment-file-send",
        "payment-file-cancel", "payment-file-results", "voucher-suspend", "voucher-resume", "voucher-end",
        "voucher-withdraw", "voucher-changes", "change-decide", "change-withdraw", "recovery-object", "recovery-decide",
        "recovery-plan",
        "sanction-answer", "sanction-decide", "sanction-lift",
    )
)  # fmt: skip
"""What a program does with something that is there: with a key it is done once and answered the same."""
KEYED_ELSEWHERE = {
    "vouchers:voucher_refund": "as a deposit, tests/vouchers/money",
    "vouchers-api:choices": "as a search on the page, tests/vouchers/orders",
    "vouchers-api:voucher-refund": "as a deposit, tests/vouchers/money",
    "programmes:call_new": "tests/programmes/calls",
    "programmes:call_copy": "as a new call",
    "programmes-api:office-calls": "tests/programmes/calls",
    "programmes:application_submit": "tests/programmes/applications",
    "programmes-api:application_submit": "tests/programmes/applications",
    "programmes-api:application_withdraw": "tests/programmes/applications",
    "programmes-api:application_papers": "tests/programmes/applications",
    "programmes-api:application_transfers": "tests/programmes/applications",
    "programmes:call_samples": "tests/programmes/review",
    "programmes-api:call-samples": "tests/programmes/review",
    "programmes:selection_propose": "tests/programmes/review",
    "programmes-api:call-selections": "tests/programmes/review",
    "programmes:decision_object": "tests/programmes/review",
    "programmes-api:object": "tests/programmes/review",
}
ONCE_BY_ITSELF = {
    "programmes:application_begin": "one application of a firm and call: the same again is the draft that there is",
    "programmes-api:applications": "as beginning on the page",
    "programmes:office_panel_invite": "one seat of a person and call",
    "programmes-api:call-panel": "one seat of a person and call",
    "programmes:application_transfer_new": "of a revision that was seen: sent twice, it is one contract",
    "vouchers:choice_ask": "one quotation of a provider and choice",
    "vouchers:voucher_change": "one request of a kind that waits: the same asked again is that one, another is refused",
    "vouchers:claim_document_add": "one file of a paper; a later one takes its place",
    "vouchers:batch_results": "the same file of the treasury is read once",
    "vouchers:recovery_plan": "a plan replaces the one before",
}
"""Makes rows, and needs no key: what it would make twice, a unique constraint or the lock refuses or finds again."""
MOVES = (
    "act", "accept", "answer", "approve", "ask-completion", "cancel", "check", "decide", "decline", "declare",
    "disallow", "discard", "drop", "eligible", "give", "ineligible", "lift", "object", "publish", "remove", "resume",
    "return", "score", "send", "send-back", "sign", "submit", "suspend", "end", "withdraw", "edit", "part", "sums",
    "batch", "flag", "next", "close", "copy", "on",
)  # fmt: skip
"""Last words of addresses that move one thing, which is there, by its state: a second time is refused, or nothing."""
SAVES = {"vouchers:claim", "vouchers:quotation", "vouchers-api:claim"}


def posts():
    """Every name of the four spaces that takes a POST, by the answer of the address itself."""
    for name in names(get_resolver()):
        if name.partition(":")[0] in SPACES:
            yield name


def test_each_post_is_in_one_of_the_lists(world):
    """By the URL configuration: whoever adds a form that makes something says how it is made once."""
    client = browser(world, "second")
    unknown = []
    for name in posts():
        spec, _row = ADDRESSES[name]
        given = _any_arguments(spec, name)
        allowed = client.options(reverse(name, args=given)).headers.get("Allow", "")
        if "POST" not in allowed:
            continue
        last = name.partition(":")[2].replace("-", "_").rpartition("_")[2]
        known = {*MAKES, *ACTS, *KEYED_ELSEWHERE, *ONCE_BY_ITSELF, *SAVES}
        moves = not name.startswith("vouchers-api:") and last in {each.rpartition("-")[2] for each in MOVES}
        if name not in known and not moves:
            unknown.append(name)
    assert not unknown, ", ".join(unknown)


def test_each_act_of_a_program_declares_its_key():
    """What honours a key says so in the description of the API."""
    described = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["paths"]
    silent = []
    for name in (*ACTS, *(each for each in MAKES if "-api:" in each)):
        route = resolve(reverse(name, args=_any_arguments("", name))).route
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
        taken = {each["name"] for each in described[path]["post"].get("parameters", [])}
        if "Idempotency-Key" not in taken:
            silent.append(name)
    assert silent == []


def _any_arguments(spec, name):
    """As many as the address takes; whether there is such a thing does not matter to OPTIONS."""
    pattern = next(iter(get_resolver().reverse_dict.getlist(name)), None)
    for count in range(4):
        for made in ([], [uuid.uuid4()] * count, ["a"] * count, [uuid.uuid4(), "menu"], ["C-1", uuid.uuid4()]):
            try:
                reverse(name, args=made)
            except Exception:
                continue
            return made
    raise AssertionError(f"{name} {spec} {pattern}")


def send(world, name, who, thing, body, key):
    """(status, what it answers) of a page or of the API."""
    where = reverse(name, args=[thing.public_id] if thing is not None and _takes_one(name) else [])
    if name.startswith("vouchers-api:"):
        client = APIClient()
        sign_in(client, world.people[who])
        headers = {"Idempotency-Key": str(key)} if key else {}
        form = "json"
        if "document" in body:
            form, body = "multipart", body | {"document": File(paper(body["document"]), name="a.pdf")}
        if "file" in body:
            form, body = "multipart", {"file": ContentFile(body["file"], name="result.csv")}
        got = client.post(where, body, format=form, headers=headers)
        return got.status_code, got.json()
    prefix = "sanction-" if name == "vouchers:recovery_sanction" else ""
    given = body | ({f"{prefix}key": key} if key else {})
    got = browser(world, who).post(where, given)
    return got.status_code, got.headers.get("Location", "")


def _takes_one(name):
    try:
        reverse(name)
    except Exception:
        return True
    return False


@pytest.mark.parametrize("name", MAKES)
def test_made_once_by_its_key(world, name):
    who, thing, body, other = made_by(world)[name]
    before = sums()
    status, _said = send(world, name, who, thing, body, None)
    assert (status in (200, 302, 400, 422), changed(before, sums())) == (True, [])
    key = uuid.uuid4()
    status, said = send(world, name, who, thing, body, key)
    assert status in (200, 201, 302), (status, said)
    made = sums()
    assert changed(before, made) != []
    status, again = send(world, name, who, thing, body, key)
    assert status in (200, 201, 302)
    assert again == said
    assert changed(made, sums()) == []
    status, _said = send(world, name, who, thing, body | other, key)
    assert (status, changed(made, sums())) == (409, [])


def acted_on(world, name):
    """(who, on what, body, what makes it another body) of an act; where it has no body, another act and its body."""
    firm, provider, why, other_why = "firm_staff", "provider_staff", {"reason": "x"}, {"reason": "y"}
    text, other_text = {"text": "x"}, {"text": "y"}
    until = (NOW + 500 * DAY_LONG).date().isoformat()

    def voucher():
        return orders.voucher(call=call_row(office=world.office, scheme=orders.SCHEME), firm=world.firm)

    def unpaid():
        return waiting(agreement_row(application_row(call_row(office=world.office), firm=world.firm)))

    def asked():
        return orders.asked(voucher(), of=world.provider)

    def ordered():
        return orders.placed(voucher(), of=world.provider)

    def handed_in():
        return orders.submitted(orders.running(voucher(), of=world.provider))

    def sent():
        return orders.sent(orders.approved(orders.running(voucher(), of=world.provider)))

    def suspended():
        return suspend(voucher=world.usable, text="x", by=world.people["first"], at=NOW)

    def results():
        batch = sent()
        content = orders.result_file(batch).decode()
        return "second", batch, {"file": content}, {"file": content.replace("paid", "failed")}

    def ask():
        body = {"providers": [str(world.provider.public_id)], "task": "Build it", "answer_by": DAY}
        return firm, orders.choice(voucher()), body, {"task": "Build another"}

    made = {
        "choice-ask": ask,
        "choice-drop": lambda: (firm, orders.choice(voucher()), why, other_why),
        "quotation-give": lambda: (
            provider, asked(), {"supply_won": 8 * MILLION, "vat_won": 800_000, "days": 30} | text, other_text
        ),
        "quotation-decline": lambda: (provider, asked(), why, other_why),
        "quotation-withdraw": lambda: (provider, world.small_quotation, why, other_why),
        "order-accept": lambda: (provider, ordered(), {}, ("order-decline", why)),
        "order-decline": lambda: (provider, ordered(), why, other_why),
        "order-withdraw": lambda: (firm, ordered(), why, other_why),
        "order-cancel": lambda: (firm, world.running, why, other_why),
        "claim-submit": lambda: (provider, world.drafted, {}, ("claim-withdraw", why)),
        "claim-withdraw": lambda: (provider, handed_in(), why, other_why),
        "claim-accept": lambda: (firm, handed_in(), {}, ("claim-object", why)),
        "claim-object": lambda: (firm, handed_in(), why, other_why),
        "claim-answer": lambda: ("second", world.objected, why, other_why),
        "claim-check": lambda: ("second", world.accepted, {}, ("claim-approve", {})),
        "claim-approve": lambda: ("second", world.checked, {}, ("claim-check", {})),
        "claim-return": lambda: ("second", world.accepted, why, other_why),
        "claim-disallow": lambda: ("second", world.accepted, why, other_why),
        "payment-file-send": lambda: ("second", world.batch, {}, ("payment-file-cancel", why)),
        "payment-file-cancel": lambda: ("second", world.batch, why, other_why),
        "payment-file-results": results,
        "voucher-suspend": lambda: ("second", world.usable, text, other_text),
        "voucher-resume": lambda: ("second", suspended(), text, other_text),
        "voucher-end": lambda: ("second", world.usable, text, other_text),
        "voucher-withdraw": lambda: ("firm_manager", unpaid(), text, other_text),
        "voucher-changes": lambda: (
            firm, world.usable, text | {"kind": "extend", "valid_until": until}, other_text
        ),
        "change-decide": lambda: ("second", world.change, text | {"approve": True}, {"approve": False}),
        "change-withdraw": lambda: (
            "firm_manager", world.change, {}, ("quotation-withdraw", why, world.small_quotation)
        ),
        "recovery-object": lambda: (
            "firm_manager", recovery.announced(world.paid, principal_won=MILLION), text, other_text
        ),
        "recovery-decide": lambda: ("second", world.recovery, text | {"confirm": True}, {"confirm": False}),
        "recovery-plan": lambda: (
            "second", world.owed, {"first_on": (NOW + DAY_LONG).date().isoformat(), "count": 2}, {"count": 3}
        ),
        "sanction-answer": lambda: ("firm_manager", world.accused, text, other_text),
        "sanction-decide": lambda: ("second", world.sanction, text | {"impose": True}, {"impose": False}),
        "sanction-lift": lambda: ("second", world.imposed, text, other_text),
    }  # fmt: skip
    return made[name.partition(":")[2]]()


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_done_once_by_its_key(world, name):
    who, thing, body, other = acted_on(world, name)
    before = sums()
    with undone():
        status, said = send(world, name, who, thing, body, None)
        assert (status in (200, 201), changed(before, sums()) != []) == (True, True), said
    key = uuid.uuid4()
    first = send(world, name, who, thing, body, key)
    assert first[0] == status
    done = sums()
    assert set(changed(before, done)) > {"programmes_keyedanswer"}
    assert send(world, name, who, thing, body, key) == first
    assert changed(done, sums()) == []
    another, *on = (f"vouchers-api:{other[0]}", *other[1:]) if isinstance(other, tuple) else (name, body | other)
    status, said = send(world, another, who, on[1] if on[1:] else thing, on[0], key)
    assert (status, said["code"], changed(done, sums())) == (409, "idempotency_key_reused", [])

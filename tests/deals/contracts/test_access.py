"""Who may do what with contracts, as one table: pages and API; what is refused has no effect. And who sees nothing."""

import pytest
from django.urls import reverse

from deals.models import Contract, ContractApproval, ContractVersion, Ending, SignedCopy
from notifications.models import Notification
from tests.brokers.conftest import api_of
from tests.deals.contracts.conftest import CANARY
from tests.factories.accounts import sign_in
from tests.factories.deals.agreements import CLAUSES, DAY, RUNNING, TODAY, signed_pdf

UNSEEN, VIEWER = (404,) * 10, (200, *(403,) * 9)
NEGOTIATES = (200, 302, 403, 403, 302, 403, 403, 302, 403, 403)
#  see, write, approve, refuse, redraft, sign, cancel, amend, end, answer the firm's end
TABLE = {
    "anonymous": (302,) * 10,
    "stranger": UNSEEN,
    "other_institute": UNSEEN,
    "rival_manager": UNSEEN,
    "other_broker_manager": UNSEEN,
    "officer": UNSEEN,
    "office_viewer": UNSEEN,
    "firm_asked_to_join": UNSEEN,
    "holder_viewer": VIEWER,
    "firm_viewer": VIEWER,
    "broker_viewer": VIEWER,
    "holder_staff": NEGOTIATES,
    "firm_staff": NEGOTIATES,
    "broker_staff": NEGOTIATES,
    "broker_manager": NEGOTIATES,
    "holder_manager": (200, *(302,) * 9),
    "firm_manager": (200, *(302,) * 8, 403),
}
PLAIN = {name: value for name, value in CLAUSES.to_json().items() if name != "version"}
DAYS = {"signed_on": str(TODAY), "starts_on": str(TODAY)}
END = {"reason": "breach", "last_day": str(TODAY + 30 * DAY), "text": "x"}
CHANGED = {"reason": "x", "holds_from": str(TODAY)}


def requests(sides):
    """name: (which contract, address of the page, of the API, form, body)."""
    digest = sides.to_approve.versions.get().document_hash
    return {
        "write": (sides.to_write, "contract_new", "contracts", PLAIN,
                  {"negotiation": str(sides.to_write.public_id), "clauses": PLAIN}),
        "approve": (sides.to_approve, "contract_approve", "contract-approve", {"document": digest},
                    {"document_hash": digest}),
        "refuse": (sides.to_refuse, "contract_refuse", "contract-refuse", {"text": "x"}, {"text": "x"}),
        "redraft": (sides.to_redraft, "contract_redraft", "contract-redraft", PLAIN | {"reason": "x"},
                    {"clauses": PLAIN, "reason": "x"}),
        "sign": (sides.to_sign, "contract_sign", "contract-sign",
                 DAYS | {"is_read": "on", "document": sides.to_sign.versions.get().document_hash}, DAYS),
        "cancel": (sides.to_cancel, "contract_cancel", "contract-cancel", {"text": "x"}, {"text": "x"}),
        "amend": (sides.to_amend, "contract_amend", "contract-amend",
                  PLAIN | CHANGED | {"pay-template": "running", "pay-upfront_won": "10,000,000", "pay-running_bp": "2"},
                  {"terms": RUNNING.to_json(), "clauses": PLAIN | {"court": "Seoul"}} | CHANGED),
        "end": (sides.to_end, "contract_end", "contract-end", END, END),
        "answer": (sides.ending, "contract_end_answer", "contract-end-answer", {"answer": "agree"}, {"agree": True}),
    }  # fmt: skip


def traces():
    models = (Contract, ContractVersion, ContractApproval, Ending)
    rows = [list(model.objects.values().order_by("pk")) for model in models]
    return (*rows, SignedCopy.objects.count(), Notification.objects.count())


def with_file(name, given):
    copy = signed_pdf()
    copy.name = "signed.pdf"
    return given | {"signed_copy": copy} if name == "sign" else given


def expected(who, place, face, name):
    status = TABLE[who][place]
    if face == "page":
        return status
    return {302: 401 if who == "anonymous" else 201 if name == "write" else 200}.get(status, status)


@pytest.mark.parametrize("face", ["page", "api"])
@pytest.mark.parametrize("who", TABLE)
def test_seeing_and_acting(client, sides, who, face):
    user, api = sides.people[who], api_of(sides.people[who])
    if user and face == "page":
        sign_in(client, user)
    seen = sides.to_amend
    for place_of, api_name in (("contract", "contract"), ("contract_signed_copy", "contract-signed-copy")):
        got = (client.get(reverse(f"deals:{place_of}", args=[seen.public_id])) if face == "page"
               else api.get(reverse(f"deals-api:{api_name}", args=[seen.public_id])))  # fmt: skip
        assert got.status_code == expected(who, 0, face, "see")
    for name in ("contract_pdf", "contract_version") if face == "page" else ("contract-pdf",):
        args = [seen.public_id, 1, "ko"] if "pdf" in name else [seen.public_id, 1]
        got = client.get(reverse(f"deals:{name}", args=args)) if face == "page" else api.get(
            reverse(f"deals-api:{name}", args=args))  # fmt: skip
        assert got.status_code == expected(who, 0, face, "see"), name
    for place, (name, (target, page, path, form, body)) in enumerate(requests(sides).items(), start=1):
        before = traces()
        if face == "page":
            got = client.post(reverse(f"deals:{page}", args=[target.public_id]), with_file(name, form))
        else:
            url = reverse(f"deals-api:{path}", args=[] if name == "write" else [target.public_id])
            kind = "multipart" if name == "sign" else "json"
            got = api.post(url, with_file(name, body), format=kind)
        status = expected(who, place, face, name)
        assert got.status_code == status, (name, got.content[:300])
        assert (traces() != before) == (user is not None and status in {200, 201, 302}), name


OUTSIDERS = ["stranger", "other_institute", "rival_manager", "other_broker_manager", "officer", "firm_asked_to_join"]


@pytest.mark.parametrize("who", OUTSIDERS)
def test_lists_exports_counts_and_messages_of_others_say_nothing(client, sides, who):
    user = sides.people[who]
    sign_in(client, user)
    number = sides.to_amend.number
    pages = [
        client.get(reverse("deals:contracts")),
        client.get(reverse("deals:contracts"), {"q": number}),
        client.get("/"),
        api_of(user).get(reverse("deals-api:contracts")),
    ]
    export = b"".join(client.get(reverse("deals:contracts_export")).streaming_content).decode()
    for text in (*(page.text.replace(f'value="{number}"', "").replace(f"?q={number}", "") for page in pages), export):
        assert CANARY not in text
        assert number not in text
    assert pages[0].context["page"].paginator.count == 0
    assert sum(count for _href, _label, count, _now in pages[0].context["tabs"]) == 0
    assert pages[3].json()["count"] == 0
    told = Notification.objects.filter(recipient=user).exclude(kind__startswith="mandate_")  # its own, of the world
    assert not [each for each in told if number in str(each.params) or CANARY in str(each.params)]


def test_what_a_broker_s_fee_is_the_other_side_does_not_read(client, sides):
    from tests.deals.contracts.test_draft import accepted_fee

    quote = accepted_fee(sides.mandate, sides.to_write.opened_at)
    from deals.services.contracts.draft import draft

    manager = sides.people["holder_manager"]
    contract = draft(negotiation=sides.to_write, clauses=CLAUSES, by=manager, at=sides.to_write.opened_at)
    assert contract.versions.get().fee_quote == quote
    for who, sees in (("holder_manager", True), ("firm_manager", False), ("broker_manager", True)):
        sign_in(client, sides.people[who])
        page = client.get(reverse("deals:contract", args=[contract.public_id]))
        api = api_of(sides.people[who]).get(reverse("deals-api:contract", args=[contract.public_id]))
        assert [quote.number in each.text for each in (page, api)] == [sees, sees]


def test_who_left_sees_nothing_any_more(client, sides):
    user = sides.people["broker_manager"]
    sign_in(client, user)
    url = reverse("deals:contract_pdf", args=[sides.to_amend.public_id, 1, "en"])
    assert client.get(url).status_code == 200
    part = sides.to_amend.negotiation.brokers.get()
    part.left_at, part.left_by = part.joined_at + DAY, part.joined_by
    part.save()
    assert client.get(url).status_code == 404


def test_persons_are_named_to_their_own_side_only(client, sides):
    manager = sides.people["holder_manager"]
    manager.name = "Sabine Muster"
    manager.save()
    for who, named in (("holder_viewer", True), ("firm_manager", False), ("broker_manager", False)):
        sign_in(client, sides.people[who])
        page = client.get(reverse("deals:contract", args=[sides.to_sign.public_id]))
        api = api_of(sides.people[who]).get(reverse("deals-api:contract", args=[sides.to_sign.public_id]))
        version = client.get(reverse("deals:contract_version", args=[sides.to_sign.public_id, 1]))
        assert [("Sabine Muster" in each.text) for each in (page, api, version)] == [named] * 3, who


def test_state_changing_addresses_refuse_get(client, sides):
    sign_in(client, sides.people["holder_manager"])
    before = traces()
    for name in ("approve", "refuse", "cancel", "end_answer", "end_take_back"):
        got = client.get(reverse(f"deals:contract_{name}", args=[sides.ending.public_id]))
        assert (got.status_code, "/contracts/" in got["Location"]) == (302, True)  # to the page above
    assert traces() == before

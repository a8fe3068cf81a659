"""Every page of every role, wide and on a phone: no fault that axe calls serious, no sideways scrolling, no dead link.

Pages are opened as a person gets to them; `PAGES` names each once per role that sees something of its own there.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.database import mail_waits
from tests.factories.accounts import sign_in
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.watch import Watch
from tests.journeys.world import World

AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async (leftOut) => {
  const found = await axe.run({ include: [document], exclude: (leftOut ?? []).map((one) => [one]) }, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    rules: { tabindex: { enabled: true }, "label-title-only": { enabled: true }, accesskeys: { enabled: true } },
    resultTypes: ["violations"],
    preload: false,
  });
  const where = (fault) => fault.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ");
  return found.violations
    .filter((fault) => ["serious", "critical"].includes(fault.impact))
    .map((fault) => `${fault.id}: ${fault.help} ${where(fault)}`);
}"""
FRAME = ["body > .site-header", "body > .site-footer"]
WIDTH = "document.fonts.ready.then(() => document.documentElement.scrollWidth)"
# Menus and drawers are part of a page, too.
LINKS = "[...document.querySelectorAll('a[href]:not([href^=\"#\"])')].map((link) => link.href)"
OPEN_ALL = (
    "() => { for (const part of document.querySelectorAll('main details:not([data-drawer])')) part.open = true; }"
)

OWN = ["/", "/inbox/", "/inbox/devices/", "/requests/", "{request}", "{organization}"]
PAGES: dict[str, list[str]] = {
    "anonymous": [
        "/",
        "/search/",
        "/search/?q=수소",
        "/search/?q=없는말입니다",
        "/statistics/",
        "/help/",
        "/help/firm/",
        "/offline/",
        "/technologies/",
        "/technologies/?view=table&q=수소&trl=5&deal=non_exclusive_licence",
        "/technologies/?q=없는말입니다",
        "/technologies/?page=2",
        "/technologies/export/?q=수소&trl=5",
        "{listing}",
        "{listing}history/",
        "{organization}",
        "/organizations/roles/",
        "/overdue/",
        "/overdue/?kind=publication",
        "/brokers/requirements/",
        "/brokers/gazette/",
        "/brokers/",
        "/brokers/?q=없음",
        "{broker_full}",
        "{broker_suspended}",
        "{broker_cancelled}",
        "{broker_compare}",
        "/brokers/order/",
        "/brokers/data/",
        "/fees/",
        "{fee_version}",
        "/fees/calculator/",
        "/fees/calculator/?value_won=12000000&fee_won=5000000&brokers=60,40",
        "/fees/calculator/?value_won=12.5",
        "/brokers/apply/",
        "/ways-to-pay/",
        "/figures/",
        "/figures/transfer_rate/",
        "/figures/public_listings/",
        "/figures/public_listings/rows/",
        "/figures/transfers/rows/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/confirm-email/",
        "{invitation}",
        "{inventor}",
        "/inventor/thanks/",
        "/components/",
        "/nowhere/",
    ],
    "newcomer": [
        "/",
        "/inbox/",
        "/requests/",
        "/organizations/",
        "/organizations/join/?q=대학",
        "/organizations/join/?q=없는기관",
        "/organizations/new/",
        "{organization}join/",
        "/my/listings/",
    ],
    "firm": [
        *OWN,
        "/me/",
        "/organizations/",
        "{listing}",
        "{ask}",
        "{request}sent/",
        "{answered}",
        "{offered}",
        "{opened}",
        "{opened}text/",
        "/requests/?state=answered&q=없음",
        "/my/exports/",
        "{export_ready}",
        "{export_waits}",
        "{export_failed}",
        "/my/needs/",
        "/my/needs/?q=없음",
        "/needs/new/?q=수소",
        "{need}",
        "{need}posted/",
        "{need}edit/",
        "{need}matches/",
        "{need}matches/?judged=true",
        "{closed_need}",
        "/my/searches/",
        "/my/searches/new/?q=수소&trl=5&listed=7",
        "{search}",
        "{search}?show=refused",
        "{mail_off}",
        "/fees/quotes/",
        "{fee_quote}",
        "/mandates/?tab=waiting&q=없음",
        "{mandate_held}",
        "/brokers/ratings/",
        "{to_rate}",
        "{rating}",
        "{studio}",
        "{studio_empty}",
        "{studio_choice}",
        "/royalties/",
        "/royalties/dues/",
        "/royalties/rules/",
        "{calendar}",
        "{calendar}sales/new/",
        "{calendar}usage/new/",
        "{due}",
        "{sales}",
        "/royalties/invoices/",
        "{invoice}",
        "/royalties/my-statement/",
        "/royalties/government/",
        "/royalties/government/new/",
        "{own_use}",
        "{own_use}use/new/",
        "{own_use}ahead/",
    ],
    "broker": [
        "/",
        "{broker_entry}",
        "{rating}",
        "{rating_report}",
        "/fees/quotes/",
        "/fees/quotes/?q=없음",
        "/fees/quotes/new/",
        "{fee_outside}",
        "/brokers/cases/",
        "{my_case}",
        "{hearing_notice}",
        "{mandate_held}quote/",
    ],
    "applicant": ["/", "/brokers/apply/", "{completion}", "{completion}edit/"],
    "trader": ["{trader_draft}", "{trader_draft}edit/"],
    "client": ["/", "/brokers/hand-overs/", "{hand_over}"],
    "broker_manager": ["/brokers/work/", "/mandates/", "/mandates/new/", "{mandate}", "{mandate_held}end/"],
    "agent": [
        "/",
        "/me/qualifications/",
        "/brokers/staff/",
        "/brokers/reports/",
        "{report}",
        "{report_done}",
        "/brokers/reports/deals/new/",
        "{deal_edit}",
        "/brokers/changes/",
        "/brokers/changes/new/",
        "{change}",
        "/brokers/warnings/",
        "{warning}",
    ],
    "viewer": ["/", "/my/listings/", "/my/imports/", "{run}", "{request}", "{organization}"],
    "manager": [
        *OWN,
        "{organization}edit/",
        "/my/listings/",
        "/my/listings/?state=draft&q=없음",
        "/my/listings/new/",
        "{draft}",
        "{draft_edit}",
        "{listing}",
        "{withdraw}",
        "{close}",
        "{exclusivity}",
        "/my/listings/confirm/?show=all",
        "/duties/",
        "/duties/?figure=exempt&year=1999",
        "{duty}",
        "/exemptions/",
        "/exemptions/?show=ending",
        "/letters/",
        "{letter}",
        "/letters/calendar/",
        "{returned}",
        "{returned_edit}",
        "{secret}",
        "{secret}text/",
        "{secret}terms/",
        "{secret}openings/",
        "{secret}openings/?request=R2000000001",
        "{offered}",
        "{opened}",
        "/work/",
        "/work/?tick=all&when=overdue",
        "/work/?q=없음",
        "/work/table/",
        "/work/send/",
        "{inventors}",
        "{inventor_answer}",
        "/my/imports/",
        "/my/imports/new/",
        "{run}",
        "{run}?show=refuse",
        "{run}?show=change",
        "{run}columns/",
        "{applied}",
        "/needs/",
        "{need}",
        "/projects/",
        "/projects/?q=없음",
        "/projects/new/",
        "{project}",
        "{project}edit/",
        "{project}history/",
        "{project}results/new/",
        "{result}edit/",
        "{result}merge/",
        "/my/imports/new/?of=projects",
        "{projects_run}",
        "/royalties/",
        "/royalties/dues/?tab=open",
        "{calendar}",
        "{due}",
        "{sales}",
        "/royalties/to-ask-for/",
        "{to_ask}",
        "/royalties/invoices/?q=없음",
        "{invoice}",
        "/royalties/receipts/",
        "/royalties/receipts/new/",
        "{receipt}",
        "/royalties/bank-files/",
        "{bank_file}",
        "/royalties/sharing/",
        "{share_plan}",
        "{proposal}",
        "{distribution}",
        "/royalties/statements/",
        "{statement}",
        "/royalties/fees/",
    ],
    "officer": [
        "/figures/transfer_rate/targets/",
        "/",
        "/requests/",
        "{withdrawn}",
        "/officer/search/",
        "/review/",
        "/review/?tab=after",
        "/review/?tab=suspended",
        "/review/?finding=unchecked",
        "{case}",
        "{public_case}",
        "/compliance/",
        "/compliance/?by=ministry&year=1999",
        "/compliance/duties/",
        "/duties/to-verify/",
        "{duty}",
        "/exemptions/",
        "/letters/?step=soon",
        "/letters/",
        "{letter}",
        "/projects/",
        "{project}delete/",
        "/officer/brokers/?tab=check",
        "/officer/brokers/?tab=advice&q=없음",
        "{office_agency}",
        "{office_trader}",
        "/officer/brokers/register/",
        "/officer/brokers/requirements/",
        "{requirements_draft}",
        "{requirements_draft}edit/",
        "/fees/drafts/",
        "/fees/drafts/new/",
        "{fee_draft}",
        "{fee_draft}edit/",
        "{fee_version}",
        "/fees/outside-band/",
        "{fee_asked}",
        "/officer/brokers/qualifications/",
        "/officer/brokers/duties/",
        "/officer/brokers/duties/?show=late",
        "{broker_duties}",
        "{change_told}",
        "{warning}",
        "/officer/ratings/",
        "{rating}",
        "/officer/cases/",
        "/officer/cases/?stage=ahead&q=없음",
        "/officer/cases/new/",
        "{cancellation}",
        "{case_to_decide}",
        "/officer/hand-overs/",
        "/officer/synonyms/",
        "/officer/synonyms/?q=없음",
        "/officer/synonyms/new/",
        "/officer/synonyms/changes/",
        "{synonyms}",
        "/my/exports/",
        "/needs/",
        "/needs/?q=없음",
        "/me/",
        "/me/tokens/",
        "/me/close/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/webauthn/add/",
    ],
    "officer_without_factor": ["/accounts/2fa/", "/accounts/2fa/totp/activate/"],
}
REFUSED = {"/nowhere/": 404, "/fees/calculator/?value_won=12.5": 422, "/my/listings/ newcomer": 403}


@pytest.fixture
def world(settings, tmp_path, short_pages) -> World:
    settings.MEDIA_ROOT = settings.PRIVATE_ROOT = tmp_path
    with mail_waits():
        return World()


# Roles that see one world one after the other: three such rows take about as long as each other.
TOGETHER = (
    ("manager",),
    ("firm", "anonymous", "newcomer", "applicant", "trader", "agent"),
    ("officer", "officer_without_factor", "broker", "broker_manager", "client", "viewer"),
)


def test_every_role_has_its_turn():
    assert sorted(role for roles in TOGETHER for role in roles) == sorted(PAGES)


def faults(page: Page, path: str, left_out: list[str]) -> Iterator[str]:
    for size in (DESKTOP, PHONE):
        if page.viewport_size != size:  # changing it takes time, even to the same
            page.set_viewport_size(size)
        where = f"{path} at {size['width']}"
        # Until its own font has come, a page stands in another that may be wider.
        if (wide := page.evaluate(WIDTH)) > size["width"]:
            yield f"{where}: {wide} pixels wide"
        yield from (f"{where}: {fault}" for fault in page.evaluate(RUN_AXE, left_out))


@pytest.mark.parametrize("roles", TOGETHER, ids=" ".join)
def test_no_serious_fault(visit, watch, world, roles):
    watch.expects(403, 404, 422)
    found = []
    for role in roles:
        page = visit(world.people[role], "/accounts/2fa/" if role == "officer_without_factor" else "/")
        page.add_init_script(path=AXE)
        found += [f"{role}: {fault}" for fault in faults_of(role, page, world, watch)]
        page.context.close()
    assert not found, "\n".join(found)


def faults_of(role: str, page: Page, world: World, watch: Watch) -> Iterator[str]:
    links, opened = set(), set()
    for pattern in PAGES[role]:
        path = pattern.format(**world.paths)
        page.set_viewport_size(DESKTOP)
        expected = REFUSED.get(path) or REFUSED.get(f"{path} {role}") or 200
        if (status := page.goto(path).status) != expected:
            yield f"{path} answers {status}"
            continue
        links |= set(page.evaluate(LINKS))
        opened.add(page.url)
        page.evaluate(OPEN_ALL)
        with watch.ignoring():
            # Header and footer are the same on every page of a role: axe reads them once, which halves its work.
            yield from faults(page, path, FRAME if len(opened) > 1 else [])
    yield from (f"dead link: {link}" for link in dead(links - opened, world.people[role]))


def dead(links: set[str], user) -> list[str]:
    """The links into our own house that lead nowhere; of those that differ in a number or an id only, two."""
    client = sign_in(Client(), user) if user else Client()
    alike: dict[str, list[str]] = defaultdict(list)
    for link in sorted(link.partition("#")[0] for link in links if urlsplit(link).hostname == "localhost"):
        alike[re.sub(r"S\d{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|=[^&]*", "", link)].append(link)
    found = {link for group in alike.values() for link in group[:2]}
    return [f"{link} {status}" for link in sorted(found) if (status := client.get(link).status_code) >= 400]

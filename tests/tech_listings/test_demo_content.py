"""The demo is read by people who know the field: what it says has to be sound."""

import re
from collections import Counter
from datetime import date

import pytest

from accounts.demo import account_rows, organization_rows
from accounts.enums import InstituteKind, OrganizationKind, Role
from accounts.numbers import corporate_number_fits, is_business_number
from tech_listings.demo import technology_rows
from tech_listings.enums import DealKind, RightKind, RightStatus

MAJORS = {"NA", "NB", "NC", "ND", "LA", "LB", "LC", "EA", "EB", "EC", "ED", "EE", "EF", "EG", "EH", "EI"}
IPC = re.compile(r"[A-H]\d{2}[A-Z] \d{1,4}/\d{2,6}")
PREFIX = {RightKind.PATENT: "10", RightKind.UTILITY_MODEL: "20", RightKind.DESIGN: "30"}
TEXTS = (
    "title_ko", "title_en", "value_ko", "value_en", "summary_ko", "problem_ko", "effect_ko", "field_of_use_ko",
    "conditions_of_use_ko",
)  # fmt: skip
ROWS = technology_rows()
OFFERED = [row for row in ROWS if row["state"] != "draft"]
RIGHTS = [(row, right) for row in ROWS for right in row["rights"]]


def wrong(rows, is_right):
    return [row["key"] for row in rows if not is_right(row)]


def test_there_is_enough_of_everything():
    states = Counter(row["state"] for row in ROWS)
    assert states["published"] >= 156
    assert states["draft"] + states["withdrawn"] >= 8
    assert (states["in_review"], states["returned"]) == (2, 1)
    assert {row["st_class"] for row in ROWS if row["state"] == "published"} == MAJORS
    assert {row["trl"] for row in ROWS} == set(range(1, 10))
    assert sum(bool(row["title_zh"] and row["value_zh"]) for row in ROWS) >= 40
    assert sum(bool(row["summary_en"]) for row in ROWS) >= 60
    assert {kind for row in ROWS for kind in row["deal_kinds"]} == set(DealKind.values)
    assert any(row["confidential_ko"] for row in ROWS)


@pytest.mark.parametrize("name", ["key", "title_ko", "title_en", "value_ko"])
def test_nothing_stands_twice(name):
    assert [value for value, times in Counter(row[name] for row in ROWS).items() if times > 1] == []


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_is_there(name):
    assert wrong(OFFERED, lambda row: row[name].strip()) == []


@pytest.mark.parametrize("name", ["value_ko", "value_en", "value_zh"])
def test_the_value_is_one_sentence_with_a_number(name):
    told = [row for row in ROWS if row[name]]
    assert wrong(told, lambda row: re.search(r"\d", row[name])) == []
    assert wrong(told, lambda row: not re.search(r"[.。]\s*\S", re.sub(r"\d\.\d", "", row[name]))) == []
    assert wrong(told, lambda row: len(row[name]) <= (120 if name == "value_ko" else 160)) == []


def test_effects_are_measured_and_summaries_are_short():
    assert wrong(OFFERED, lambda row: re.search(r"\d", row["effect_ko"])) == []
    assert wrong(OFFERED, lambda row: 2 <= len(re.findall(r"다\.", row["summary_ko"])) <= 4) == []
    assert wrong(ROWS, lambda row: 4 <= len(row["keywords"]) <= 7) == []
    assert wrong(ROWS, lambda row: not re.search(r"novel|신규한|혁신적", str(row))) == []


def test_classes_and_prices():
    assert wrong(ROWS, lambda row: 1 <= len(row["ipc"]) <= 4 and all(IPC.fullmatch(c) for c in row["ipc"])) == []
    assert wrong(ROWS, lambda row: re.fullmatch(r"\d{2}", row["ksic"])) == []
    assert wrong(ROWS, lambda row: row["price_won"] in {None, 0} or 5_000_000 <= row["price_won"] <= 300_000_000) == []
    assert wrong(ROWS, lambda row: row["price_won"] != 0 or "free_transfer" in row["deal_kinds"]) == []
    assert wrong(ROWS, lambda row: bool(row["confidential_ko"]) == bool(row["confidential_reason_ko"])) == []


def test_exclusive_licences_waited_a_year():
    """Decree art. 26(4): one year from registration without a taker for a non-exclusive licence."""
    exclusive = [row for row in OFFERED if "exclusive_licence" in row["deal_kinds"]]
    assert exclusive
    assert wrong(exclusive, lambda row: row["registered_on"] <= "2025-11-15") == []


def test_days_follow_each_other():
    assert wrong(OFFERED, lambda row: "2022" <= row["registered_on"] <= row["confirmed_on"] <= "2026-11-20") == []
    assert {row["registered_on"][:4] for row in OFFERED} == {"2022", "2023", "2024", "2025", "2026"}
    assert wrong(ROWS, lambda row: row["state"] != "draft" or row["registered_on"] is None) == []
    late = [
        right["title"]
        for row, right in RIGHTS
        if row["registered_on"] and (right["application_on"] or "") > row["registered_on"]
    ]
    assert late == []


def test_numbers_of_rights():
    for row, right in RIGHTS:
        assert right["kind"] in RightKind.values, row["key"]
        assert right["status"] in {*RightStatus.values, ""}, row["key"]
        if prefix := PREFIX.get(right["kind"]):
            year = date.fromisoformat(right["application_on"]).year
            assert re.fullmatch(rf"{prefix}{year}099\d{{4}}", right["application_number"]), row["key"]
        granted = right["status"] in {RightStatus.REGISTERED, RightStatus.EXPIRED} and right["kind"] in PREFIX
        assert bool(right["registration_number"]) == granted, row["key"]
        if granted:
            assert re.fullmatch(r"(10|20|30)999\d{4}0000", right["registration_number"]), row["key"]
            assert right["application_on"] < right["registration_on"] < right["expires_on"], row["key"]
    numbers = [right["application_number"] for _, right in RIGHTS if right["application_number"]]
    assert len(numbers) == len(set(numbers))


def test_organizations():
    rows = organization_rows()
    assert len(rows) >= 14
    assert Counter(row["kind"] for row in rows) == {
        OrganizationKind.INSTITUTE: 7, OrganizationKind.COMPANY: 5,
        OrganizationKind.BROKER: 13, OrganizationKind.GOVERNMENT: 1,
    }  # fmt: skip
    assert {row["institute_kind"] for row in rows} == {*InstituteKind.values, ""}
    assert wrong(rows, lambda row: is_business_number(row["business_number"])) == []
    assert wrong(rows, lambda row: row["business_number"].startswith("9")) == []
    assert wrong(rows, lambda row: not row["corporate_number"] or corporate_number_fits(row["corporate_number"])) == []
    assert wrong(rows, lambda row: row["name_en"] and row["name_zh"] and row["website"].endswith(".example")) == []
    assert {row["organization"] for row in ROWS} <= {row["key"] for row in rows if row["kind"] == "institute"}


def test_accounts():
    shown = [row for row in account_rows() if row["shown"]]
    keys = {row["key"] for row in organization_rows()}
    assert len(shown) == 11
    assert {row["language"] for row in shown} == {"ko", "en", "zh-hans"}
    assert {m["role"] for row in shown for m in row["memberships"]} == set(Role.values)
    assert {m["organization"] for row in account_rows() for m in row["memberships"]} == keys
    assert all(row["email"].endswith(".example") for row in account_rows())
    assert all(set(row["description"]) == {"ko", "en", "zh-hans"} for row in shown)
    assert {len(row["memberships"]) for row in shown} == {0, 1, 2}

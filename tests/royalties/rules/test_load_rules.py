"""The rules that come with the product: loaded once, never changed, chosen by the day that belongs to them."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, transaction
from django.db.utils import DatabaseError

from royalties.enums.rules import RULE_SOURCES, SharingLaw
from royalties.models import GovernmentRule, SharingRule
from royalties.services.rules.load import Loaded, Published, load_rules, read_government, read_late, read_sharing
from royalties.sharing.distribution import DistributionRule
from royalties.sharing.government import Regime

DAY = datetime.timedelta(days=1)
R2_FROM, R3_FROM = datetime.date(2024, 12, 31), datetime.date(2027, 1, 1)


def load():
    return load_rules(sharing=read_sharing(), government=read_government())


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (SharingRule, GovernmentRule)]


def test_the_second_time_nothing_is_added():
    assert load() == Loaded(8, 0)
    before = rows()
    assert load() == Loaded(0, 8)
    assert rows() == before


def test_the_command_loads_and_says_what_it_did(capsys):
    call_command("load_royalty_rules")
    call_command("load_royalty_rules")
    assert capsys.readouterr().out.splitlines() == ["added: 9, unchanged: 0", "added: 0, unchanged: 9"]


def test_a_version_that_is_there_is_not_rewritten(monkeypatch):
    load()
    before = rows()
    for sharing, government in (
        ([read_sharing()[0] | {"source": "another"}], []),
        ([], [read_government()[2] | {"pay_days": 91}]),
        ([], [read_government()[0] | {"version": 9}, read_government()[2] | {"pay_days": 91}]),
    ):
        with pytest.raises((Published, DatabaseError)), transaction.atomic():
            load_rules(sharing=sharing, government=government)
    assert rows() == before

    changed = [row | {"is_assumption": not row["is_assumption"]} for row in read_sharing()]
    monkeypatch.setattr("royalties.management.commands.load_royalty_rules.read_sharing", lambda: changed)
    with pytest.raises(CommandError, match="add a new version"):
        call_command("load_royalty_rules")
    assert rows() == before


def test_what_cannot_be_computed_with_is_not_loaded():
    wrong = read_sharing()[1] | {"floors": [{"pots": ["researchers"], "least_bp": 10_001}]}
    with pytest.raises(ValueError):
        load_rules(sharing=[wrong], government=[])
    assert not SharingRule.objects.exists()


@pytest.mark.parametrize("model", [SharingRule, GovernmentRule])
def test_nobody_changes_or_deletes_a_rule(model):
    load()
    before = rows()
    for act in (lambda: model.objects.update(label="X"), lambda: model.objects.order_by("pk")[:1].get().delete()):
        with pytest.raises(InternalError, match="never changed"), transaction.atomic():
            act()
    assert rows() == before


@pytest.mark.parametrize(
    ("signed_on", "label"),
    [
        (datetime.date(2019, 1, 1), "R1"),
        (R2_FROM - DAY, "R1"),
        (R2_FROM, "R2"),
        (R3_FROM - DAY, "R2"),
        (R3_FROM, "R3"),
    ],
)
def test_the_day_of_the_contract_selects_one_version_of_each_law(signed_on, label):
    load()
    found = SharingRule.objects.for_contract_of(signed_on)
    assert sorted((rule.law, rule.label) for rule in found) == [
        (SharingLaw.DONATION, "D1"),
        (SharingLaw.INNOVATION_ACT, label),
        (SharingLaw.TRANSFER_ACT, "T1"),
    ]


@pytest.mark.parametrize(
    ("agreed_on", "label"),
    [
        (datetime.date(2020, 12, 31), "R0"),
        (datetime.date(2021, 1, 1), "R1"),
        (R2_FROM - DAY, "R1"),
        (R2_FROM, "R2"),
    ],
)
def test_the_day_of_the_agreement_selects_the_regime(agreed_on, label):
    load()
    assert GovernmentRule.objects.for_agreement_of(agreed_on).label == label


def test_a_row_computes_as_the_file_does():
    load()
    plans = [rule.plan for rule in SharingRule.objects.order_by("pk")]
    assert plans == [DistributionRule.of(row) for row in read_sharing()]
    assert [rule.plan for rule in GovernmentRule.objects.order_by("pk")] == [Regime.of(r) for r in read_government()]


def test_every_source_is_translated_and_what_is_inferred_says_so():
    assert {row["source"] for row in (*read_sharing(), *read_government(), *read_late())} == set(RULE_SOURCES)
    assert [row["label"] for row in read_sharing() if row["is_assumption"]] == ["R1", "D1"]
    assert [row["label"] for row in read_government() if row["is_assumption"]] == ["R0", "R1"]

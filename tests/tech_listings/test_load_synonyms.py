"""Synonyms that come with the product, beside those of an office."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tech_listings.models import SynonymGroup
from tech_listings.search.synonyms import groups_for
from tech_listings.services.load_synonyms import ReferenceGroup, load_synonyms, read_product
from tech_listings.services.synonyms import (
    ComesWithTheProduct,
    create_group,
    delete_group,
    edit_group,
)
from tests.factories.accounts import MembershipFactory


def stored():
    return list(SynonymGroup.objects.order_by("pk").values("words", "keys", "note", "is_active", "revision"))


def load(*groups):
    return load_synonyms(groups=[ReferenceGroup(name, words) for name, words in groups], at=timezone.now())


def test_the_product_brings_domain_words_in_three_languages():
    groups = read_product()
    assert len(groups) >= 120
    assert len({group.name for group in groups}) == len(groups)
    out = io.StringIO()
    call_command("load_synonyms", stdout=out, json=True)
    assert json.loads(out.getvalue()) == {"added": len(groups), "known": 0, "left_out": 0}
    before = stored()
    call_command("load_synonyms", stdout=out)
    assert "Nothing changed" in out.getvalue()
    assert stored() == before
    korean, english, chinese = (
        groups_for(q) for q in ("이차전지 전해질", "secondary battery electrolyte", "二次电池电解质")
    )
    assert [g.public_id for g in korean] == [g.public_id for g in english]
    assert korean[0].public_id == chinese[0].public_id


def test_loading_leaves_what_an_office_did():
    officer = MembershipFactory(government=True, user__second_factor=True).user
    load(("hydrogen", ["수소", "hydrogen"]), ("drone", ["드론", "drone"]))
    edited, off = SynonymGroup.objects.order_by("pk")
    edit_group(group=edited, words=["물질", "matter"], seen_revision=1, by=officer, at=timezone.now())
    edit_group(group=off, in_use=False, seen_revision=1, by=officer, at=timezone.now())
    with pytest.raises(ComesWithTheProduct):
        delete_group(group=off, by=officer, at=timezone.now())
    create_group(words=["로봇", "automaton"], by=officer, at=timezone.now())
    before = stored()

    result = load(("hydrogen", ["수소", "hydrogen"]), ("drone", ["드론", "drone"]), ("robot", ["로봇", "robot"]))

    assert (result.added, result.known, result.left_out) == (0, 2, 1)
    assert stored() == before


def test_a_file_with_mistakes_changes_nothing(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("name,ko,en,zh\nx,수소,,\n", encoding="utf-8")
    with pytest.raises(CommandError, match="At least two"):
        call_command("load_synonyms", str(bad))
    bad.write_text("nome,ko\n", encoding="utf-8")
    call_command("load_synonyms", str(bad), stdout=io.StringIO())
    bad.write_text("nome,ko\nx,y\n", encoding="utf-8")
    with pytest.raises(CommandError, match="columns name, ko, en, zh"):
        call_command("load_synonyms", str(bad))
    assert stored() == []

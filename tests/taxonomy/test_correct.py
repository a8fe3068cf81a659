from types import SimpleNamespace

import pytest

from marketplace.core.errors import DomainError, NotAllowed
from taxonomy.models import Code, CodeEvent
from taxonomy.services.correct import correct
from taxonomy.services.load_product import load_product

OFFICER = SimpleNamespace(is_officer=True)
SOMEONE = SimpleNamespace(is_officer=False)


@pytest.fixture
def code():
    load_product(system="st")
    return Code.objects.get(system="st", code="OA")


def test_an_officer_s_correction_survives_the_next_load(code):
    correct(code=code, by=OFFICER, title_ko="뇌과학(개정)", note="고시 원문과 대조함")

    load_product(system="st")

    after = Code.objects.get(pk=code.pk)
    assert (after.title_ko, after.note) == ("뇌과학(개정)", "고시 원문과 대조함")
    assert CodeEvent.objects.filter(pgh_obj=code).count() == 1


def test_nobody_else_may(code):
    with pytest.raises(NotAllowed):
        correct(code=code, by=SOMEONE, title_ko="x")

    assert Code.objects.get(pk=code.pk).title_ko == "뇌과학"


def test_a_code_keeps_at_least_one_title(code):
    with pytest.raises(DomainError):
        correct(code=code, by=OFFICER, title_ko="", title_en="", title_zh=" ")

    assert Code.objects.get(pk=code.pk).title_ko == "뇌과학"

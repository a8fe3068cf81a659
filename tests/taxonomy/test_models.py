from datetime import date

import pytest
from django.db import IntegrityError, transaction

from taxonomy.models import Code, CodeMapping

SECTION = {
    "system": "ipc",
    "revision": "2022.01",
    "code": "G",
    "level": "section",
    "title_en": "Physics",
    "sort_key": "G",
}


@pytest.mark.parametrize(
    "broken",
    [
        {"system": "cpc"},
        {"level": "sido"},
        {"level": "class"},
        {"title_en": ""},
        {"code": ""},
        {"origin": "somebody"},
        {"valid_from": date(2024, 1, 18), "valid_until": date(2024, 1, 17)},
    ],
    ids=lambda broken: "-".join(broken),
)
def test_the_database_refuses_what_makes_no_sense(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        Code.objects.create(**SECTION | broken)

    assert not Code.objects.exists()


def test_only_the_top_level_has_no_parent():
    top = Code.objects.create(**SECTION)

    with pytest.raises(IntegrityError), transaction.atomic():
        Code.objects.create(**SECTION | {"code": "H", "parent": top})


def test_a_code_stands_once_in_a_revision_and_again_in_the_next():
    Code.objects.create(**SECTION)
    Code.objects.create(**SECTION | {"revision": "2023.01"})

    with pytest.raises(IntegrityError), transaction.atomic():
        Code.objects.create(**SECTION)


def test_a_code_is_not_its_own_successor():
    code = Code.objects.create(**SECTION)

    with pytest.raises(IntegrityError), transaction.atomic():
        CodeMapping.objects.create(source=code, target=code, kind="same")


@pytest.mark.parametrize(
    ("titles", "language", "shown"),
    [
        ({"ko": "물리학", "en": "Physics", "zh": "物理"}, "ko", "물리학"),
        ({"ko": "물리학", "en": "Physics", "zh": "物理"}, "zh-hans", "物理"),
        ({"ko": "물리학", "en": "Physics", "zh": "物理"}, "en-gb", "Physics"),
        ({"ko": "물리학", "en": "Physics", "zh": ""}, "zh-hans", "Physics"),
        ({"ko": "물리학", "en": "", "zh": ""}, "zh-hans", "물리학"),
        ({"ko": "물리학", "en": "", "zh": ""}, "en", "물리학"),
        ({"ko": "", "en": "Physics", "zh": "物理"}, "ko", "Physics"),
        ({"ko": "물리학", "en": "Physics", "zh": "物理"}, "fr", "Physics"),
        ({"ko": "물리학", "en": "Physics", "zh": "物理"}, None, "물리학"),
    ],
)
def test_a_missing_title_is_shown_in_the_next_best_language(titles, language, shown):
    code = Code(title_ko=titles["ko"], title_en=titles["en"], title_zh=titles["zh"])

    assert code.title_in(language) == shown

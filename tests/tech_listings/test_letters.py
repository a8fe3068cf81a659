"""Every state of the keyboard on the way to a word is a prefix of the word's letters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tech_listings.search.letters import FINALS, distance, initials, keys, letters, only_consonants

SYLLABLES = st.integers(0xAC00, 0xD7A3).map(chr)
WORDS = st.text(st.one_of(SYLLABLES, st.sampled_from("abcxyz019 电池")), min_size=1, max_size=12)
ANYTHING = st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("수소", "ㅅㅜㅅㅗ"),
        ("ㅅㅜㅅㅗ", "ㅅㅜㅅㅗ"),
        ("수솧", "ㅅㅜㅅㅗㅎ"),
        ("숫", "ㅅㅜㅅ"),
        ("값", "ㄱㅏㅂㅅ"),
        ("과", "ㄱㅗㅏ"),
        ("ㄳ", "ㄱㅅ"),
        ("ㅄ", "ㅂㅅ"),
        ("ㅀ", "ㄹㅎ"),
        ("까", "ㄱㄱㅏ"),
        ("Li-ION 전지", "li-ion ㅈㅓㄴㅈㅣ"),
        ("ＯＬＥＤ", "oled"),
        ("电池", "电池"),
        ("", ""),
        ("수\x00소\ud800", "ㅅㅜㅅㅗ"),
    ],
)
def test_text_becomes_letters(text, made):
    assert letters(text) == made
    assert letters(unicodedata.normalize("NFD", text)) == made


def steps_to(syllable):
    """What the input method shows while `syllable` is typed: `ㄱ 가 갑 값`."""
    index = ord(syllable) - 0xAC00
    initial, vowel, final = index // 588, index // 28 % 21, index % 28
    yield chr(0x1100 + initial)
    yield chr(0xAC00 + initial * 588 + vowel * 28)
    if len(FINALS[final]) == 2:
        yield chr(0xAC00 + initial * 588 + vowel * 28 + FINALS.index(FINALS[final][0]))
    yield syllable


@given(WORDS, st.data())
def test_what_is_half_typed_is_a_prefix(word, data):
    cut = data.draw(st.integers(0, len(word) - 1))
    last = word[cut]
    for step in steps_to(last) if "가" <= last <= "힣" else [last]:
        assert letters(word).startswith(letters(word[:cut] + step))


@given(WORDS, st.data())
def test_a_next_initial_that_still_stands_as_a_final_is_a_prefix(word, data):
    """On the way to `수소` stands `숫`: the initial that comes is shown as a final."""
    open_syllables = [i for i, c in enumerate(word[:-1]) if "가" <= c <= "힣" and (ord(c) - 0xAC00) % 28 == 0]
    for place in open_syllables:
        after = word[place + 1]
        first = letters(after)[:1]
        if "가" <= after <= "힣" and first in FINALS:
            shown = word[:place] + chr(ord(word[place]) + FINALS.index(first))
            assert letters(word).startswith(letters(shown))


@given(WORDS)
def test_letters_of_letters_are_the_same(word):
    assert letters(letters(word)) == letters(word)


@given(ANYTHING)
def test_any_text_has_letters_initials_and_keys(text):
    assert len(letters(text)) <= 200
    assert len(initials(text)) <= 200
    assert len(keys(text)) <= 200
    assert "\x00" not in letters(text)


@pytest.mark.parametrize(
    ("word", "made"), [("수소", "ㅅㅅ"), ("수소 저장", "ㅅㅅ ㅈㅈ"), ("까치", "ㄱㄱㅊ"), ("PEM 전지", "pem ㅈㅈ")]
)
def test_initials(word, made):
    assert initials(word) == made


def test_only_consonants():
    assert only_consonants(letters("ㅅㅅ"))
    assert only_consonants(letters("ㄳ"))
    assert not only_consonants(letters("수ㅅ"))
    assert not only_consonants("")


@pytest.mark.parametrize(("typed", "pressed"), [("수소", "tnth"), ("ㅠㅁㅅㅅㄷ교", "battery"), ("과학", "rhkgkr")])
def test_keys_of_the_two_set_layout(typed, pressed):
    assert keys(typed) == pressed


@pytest.mark.parametrize(
    ("one", "other", "most", "away"),
    [
        ("batery", "battery", 2, 1),
        ("abcd", "acbd", 2, 1),
        ("abc", "abc", 1, 0),
        ("a", "abcd", 2, 3),
        ("ab", "xy", 1, 2),
    ],
)
def test_distance(one, other, most, away):
    assert distance(one, other, most) == away


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_the_same_both_ways(one, other):
    assert distance(one, other, 3) == distance(other, one, 3)
    assert (distance(one, other, 3) == 0) == (one == other)

"""Hangul taken apart into the letters that are typed, so that what is half typed is the beginning of what is meant.

A syllable is typed letter by letter, and the letters wander: `수솧` is on its way to `수소화`, `각` to `가구`, `ㄳ`
are two initials. Taken apart into single letters (compound vowels, double finals and tense consonants into two) every
state of the keyboard is a prefix of the word it leads to. The order is that of the two-set keyboard (KS X 5002).
"""

from functools import lru_cache

from marketplace.core.text import normalise, tidy

MOST_LETTERS = 200
"""Of a word or of what is typed. Both sides are cut here, so that a prefix stays one."""

INITIAL_ORDER = "ㄱ ㄱㄱ ㄴ ㄷ ㄷㄷ ㄹ ㅁ ㅂ ㅂㅂ ㅅ ㅅㅅ ㅇ ㅈ ㅈㅈ ㅊ ㅋ ㅌ ㅍ ㅎ"
VOWEL_ORDER = "ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ"
FINAL_ORDER = (
    " ㄱ ㄱㄱ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅅㅅ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ"
)
"""The order of Unicode, in which a syllable is a number. The first final is none."""
INITIALS, VOWELS, FINALS = (order.split(" ") for order in (INITIAL_ORDER, VOWEL_ORDER, FINAL_ORDER))
FIRST_SYLLABLE, LAST_SYLLABLE = 0xAC00, 0xD7A3
CONSONANTS = frozenset("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ")

TWO_SET = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ"
KEYS = dict(zip(TWO_SET, "qwertyuiopasdfghjklzxcvbnm", strict=True)) | {"ㅒ": "o", "ㅖ": "p"}
"""The key of each letter. With the shift key ㅒ and ㅖ are on those of ㅐ and ㅔ."""


def _loose_letters() -> dict[int, str]:
    """Letters that stand alone, as NFKC leaves them: the halves a syllable is composed of (U+1100 to U+11FF)."""
    found = {0x1100 + i: INITIALS[i] for i in range(19)}
    found |= {0x1161 + i: VOWELS[i] for i in range(21)}
    found |= {0x11A7 + i: FINALS[i] for i in range(1, 28)}
    # ㅀ and ㅄ that stand alone become initials of old Korean.
    return found | {0x111A: "ㄹㅎ", 0x1121: "ㅂㅅ"}


_LOOSE = _loose_letters()


def _syllable(code: int) -> tuple[str, str, str]:
    initial, rest = divmod(code - FIRST_SYLLABLE, 588)
    vowel, final = divmod(rest, 28)
    return INITIALS[initial], VOWELS[vowel], FINALS[final]


def _letters_of(character: str) -> str:
    code = ord(character)
    if FIRST_SYLLABLE <= code <= LAST_SYLLABLE:
        return "".join(_syllable(code))
    return _LOOSE.get(code, character)


@lru_cache(maxsize=20_000)
def letters(text: str) -> str:
    """`수소` → `ㅅㅜㅅㅗ`, at most 200. In lower case and NFKC; Latin and Han as they are."""
    return "".join(map(_letters_of, normalise(tidy(text))))[:MOST_LETTERS]


def initials(word: str) -> str:
    """`수소 저장` → `ㅅㅅ ㅈㅈ`; what is not Hangul stays."""
    found = []
    for character in normalise(tidy(word)):
        code = ord(character)
        syllable = FIRST_SYLLABLE <= code <= LAST_SYLLABLE
        found.append(_syllable(code)[0] if syllable else _LOOSE.get(code, character))
    return "".join(found)[:MOST_LETTERS]


def only_consonants(typed: str) -> bool:
    """Whether these letters can only be initials: `ㅅㅅ`."""
    return bool(typed) and set(typed) <= CONSONANTS | {" "}


def keys(text: str) -> str:
    """The keys that were pressed: `수소` → `tnth`, and `ㅠㅁㅅㅅㄷ교` → `battery`.

    Whoever forgot to change the layout pressed the right keys; and the trigrams of PostgreSQL are blind to Hangul where
    the database has the C locale, as ours has.
    """
    return "".join(KEYS.get(letter, letter) for letter in letters(text))


def distance(one: str, other: str, most: int) -> int:
    """How many letters have to be changed, added, left out or swapped with their neighbour; `most` + 1 where more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)

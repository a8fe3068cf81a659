"""Splits the design system's font into files by letters, so that a browser fetches only what a page has.

`python -m ops.fonts`, in the environment of the application: setting up calls it. The first file has Latin, the second
the syllables that our own texts use, the third other signs, the others all other Hangul in the order of Unicode.

Until they come, letters of the device stand in their place. Those that devices have are made as wide and as high as
ours (`size-adjust`), so that lines break where they will and nothing moves when ours arrive.
"""

from collections.abc import Iterable
from typing import NamedTuple

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from ops.paths import ROOT

FONTS = ROOT / "static" / "vendor" / "krds" / "fonts"
WEIGHTS = {"Regular": 400, "Medium": 500, "Bold": 700}
TEXTS = ROOT / "locale" / "ko" / "LC_MESSAGES" / "django.po"
HANGUL = range(0xAC00, 0xD7A4)
LATIN = (range(0x20, 0x180), range(0x2000, 0x2070), range(0x20A9, 0x20AD), range(0x3000, 0x3004))
REST_PARTS = 6
USUAL = " " * 18 + "etaoinshrdlcumwfgypb" + "etaoinshr" * 4 + "etaoin" * 2
"""Letters about as often as in a text."""
HIGH, DEEP = 0.9521, 0.2412
"""Ascent and descent of the font in em."""


class Likeness(NamedTuple):
    """A font that devices have: what it is called there, regular and bold, and how wide it is in em.

    `usual` is the mean of `USUAL`, or the width of a syllable. Measured in Liberation Sans (made to Arial's widths),
    Roboto and Noto Sans CJK.
    """

    family: str
    letters: Iterable[range]
    names: tuple[tuple[str, ...], tuple[str, ...]]
    usual: tuple[float, float]


LIKE = (
    Likeness("Like Pretendard A", LATIN, (("Arial", "ArialMT", "Liberation Sans", "Arimo"),
             ("Arial Bold", "Arial-BoldMT", "Liberation Sans Bold", "Arimo Bold")), (0.4285, 0.4633)),
    Likeness("Like Pretendard R", LATIN, (("Roboto", "Roboto Regular", "Roboto-Regular"),
             ("Roboto Bold", "Roboto-Bold")), (0.4285, 0.4330)),
    Likeness("Like Pretendard N", (HANGUL,), (("Noto Sans KR", "Noto Sans CJK KR", "NotoSansCJKkr-Regular"),
             ("Noto Sans KR Bold", "Noto Sans CJK KR Bold", "NotoSansCJKkr-Bold")), (0.92, 0.92)),
)  # fmt: skip


def main() -> None:
    used = {ord(sign) for sign in TEXTS.read_text(encoding="utf-8")}
    rules = []
    for name, weight in WEIGHTS.items():
        source = FONTS / f"PretendardGOV-{name}.subset.woff2"
        letters = sorted(TTFont(source).getBestCmap())
        hangul = [each for each in letters if each in HANGUL]
        rest = [each for each in hangul if each not in used]
        size = -(-len(rest) // REST_PARTS)
        latin = [each for each in letters if any(each in part for part in LATIN)]
        signs = [each for each in letters if each not in HANGUL and each not in latin]
        parts = [latin, [each for each in hangul if each in used], signs]
        parts += [rest[n : n + size] for n in range(0, len(rest), size)]
        for number, part in enumerate(parts):
            file = f"PretendardGOV-{name}.{number}.woff2"
            _cut(source, FONTS / file, part)
            rules.append(
                f'@font-face{{font-family:"Pretendard GOV";font-weight:{weight};font-display:swap;'
                f'src:url("{file}") format("woff2");unicode-range:{_ranges(part)}}}\n'
            )
        rules += [_standing_in(source, weight, like) for like in LIKE]
    (FONTS / "pretendard.css").write_text("".join(rules), encoding="utf-8")


def _standing_in(source: object, weight: int, like: Likeness) -> str:
    """The rule that makes a font of the device as wide and high as ours of this weight."""
    font = TTFont(source)
    letters, widths = font.getBestCmap(), font["hmtx"]
    usual = USUAL if like.letters is LATIN else "\uac00"
    width = sum(widths[letters[ord(sign)]][0] for sign in usual) / len(usual) / font["head"].unitsPerEm
    is_bold = weight >= 600  # as browsers choose where a family has two weights
    size = width / like.usual[is_bold]
    named = ",".join(f'local("{name}")' for name in like.names[is_bold])
    ranges = _ranges([letter for part in like.letters for letter in part])
    return (
        f'@font-face{{font-family:"{like.family}";font-weight:{weight};src:{named};size-adjust:{size:.2%};'
        f"ascent-override:{HIGH / size:.2%};descent-override:{DEEP / size:.2%};line-gap-override:0%;"
        f"unicode-range:{ranges}}}\n"
    )


def _cut(source: object, target: object, letters: list[int]) -> None:
    font = TTFont(source)
    options = Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(target)


def _ranges(letters: list[int]) -> str:
    """`U+20-7E,U+A0`: neighbours as one range."""
    found: list[list[int]] = []
    for letter in letters:
        if found and letter == found[-1][1] + 1:
            found[-1][1] = letter
        else:
            found.append([letter, letter])
    return ",".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in found)


if __name__ == "__main__":
    main()

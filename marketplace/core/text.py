"""One form for text that is compared, searched or stored as a key."""

import re
import unicodedata

MIDDLE_DOTS = re.compile("[·․‧∙⋅・･ㆍᆞ•]")


def tidy(text: str) -> str:
    """Text as it is stored: NFC (file names and texts from macOS come as NFD), no control characters, one space.

    Line breaks are kept.
    """
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in composed if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return "\n".join(re.sub(r"[^\S\n]+", " ", line).strip() for line in kept.split("\n")).strip()


def normalise(text: str) -> str:
    """Text as it is searched (design.md §4): NFKC, case folded, middle dots and white space one space."""
    # Asking first is several times quicker than composing what is composed: every search document comes through here.
    composed = text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)
    folded = composed.casefold()
    return " ".join((MIDDLE_DOTS.sub(" ", folded) if MIDDLE_DOTS.search(folded) else folded).split())

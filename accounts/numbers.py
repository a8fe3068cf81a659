"""Business and corporate registration numbers (domain-facts.md §6.1, §6.2)."""

import re
import unicodedata

BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def digits(text: str) -> str:
    """The digits of a number however it was typed (hyphens, spaces, full width)."""
    return re.sub(r"[\s\-‐‑–—.]", "", unicodedata.normalize("NFKC", text))


def is_business_number(text: str) -> bool:
    """Ten digits whose last one fits: S = Σ dᵢwᵢ + ⌊d₉·5/10⌋, check = (10 − S mod 10) mod 10."""
    number = digits(text)
    if not re.fullmatch(r"[0-9]{10}", number) or int(number[:3]) < 101:
        return False
    total = sum(int(d) * w for d, w in zip(number, BUSINESS_WEIGHTS, strict=False)) + int(number[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(number[9])


def format_business_number(number: str) -> str:
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def corporate_number_fits(text: str) -> bool:
    """Whether the check digit fits. Numbers given out from 2025 may have none, so a misfit is a warning, no error."""
    number = digits(text)
    if not re.fullmatch(r"[0-9]{13}", number):
        return False
    total = sum(int(d) * (1 + i % 2) for i, d in enumerate(number[:12]))
    return (10 - total % 10) % 10 == int(number[12])

"""Money is whole won in integers, rates are basis points (1 % = 100 bp). Nothing here takes or gives a float."""

from collections.abc import Mapping

from django.utils.translation import get_language

BASIS_POINTS = 10_000
EOK, MAN = 100_000_000, 10_000


def share_rounded_down(amount_won: int, rate_bp: int) -> int:
    """`rate_bp` of `amount_won`, fractions of a won dropped (원 미만 절사). Both must be 0 or more."""
    if amount_won < 0 or rate_bp < 0:
        raise ValueError("amount and rate must not be negative")
    return amount_won * rate_bp // BASIS_POINTS


def split_exactly(amount_won: int, weights: Mapping[str, int]) -> dict[str, int]:
    """`amount_won` among the keys of `weights`, in whole won that add up to it: largest remainder first.

    Each gets its part rounded down; the won that are left go one each to the largest fractions, of equal ones to the
    smaller key. So the order of `weights` makes no difference (lessons F13). Raises `ValueError` for a negative amount
    or weight, and where all weights are 0.
    """
    whole = sum(weights.values())
    if amount_won < 0 or whole <= 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("amount and weights must not be negative, and some weight must be more than 0")
    parts = {key: amount_won * weight // whole for key, weight in weights.items()}
    left = amount_won - sum(parts.values())
    by_fraction = sorted(weights, key=lambda key: (-(amount_won * weights[key] % whole), key))
    for key in by_fraction[:left]:
        parts[key] += 1
    return parts


def in_percent(rate_bp: int | None) -> str:
    """4285 basis points as `42.85`; empty for None."""
    return "" if rate_bp is None else f"{rate_bp // 100}.{rate_bp % 100:02d}"


def won(amount_won: int, language: str | None = None) -> str:
    """How people read it: `50,000,000원 (5천만 원)` in Korean, `KRW 50,000,000`, `5,000万韩元 …` elsewhere."""
    language = language or get_language() or "ko"
    figures = f"{amount_won:,}"
    if language.startswith("ko"):
        words = korean_words(amount_won)
        return f"{figures}원 ({words})" if words else f"{figures}원"
    if language.startswith("zh"):
        return f"{figures} 韩元"
    return f"KRW {figures}"


def korean_words(amount_won: int) -> str:
    """`5천만 원`, `1억 2천만 원`; empty where the figure is not round enough to be said so."""
    if amount_won < MAN or amount_won % MAN:
        return ""
    eok, man = divmod(amount_won // MAN, MAN)
    parts = [f"{eok:,}억"] if eok else []
    if man and man % 1000 == 0:
        parts.append(f"{man // 1000}천만")
    elif man:
        parts.append(f"{man:,}만")
    return " ".join(parts) + " 원"

"""All figures, by code. A figure that is given up leaves here; its frozen months stay in the database."""

from collections.abc import Mapping

from policy.queries.figures import contracts, listing, money, transfer
from policy.queries.figures.figure import Figure

FIGURES: Mapping[str, Figure] = {
    figure.code: figure for figure in (*transfer.FIGURES, *listing.FIGURES, *contracts.FIGURES, *money.FIGURES)
}
"""In the order of the board within each theme."""

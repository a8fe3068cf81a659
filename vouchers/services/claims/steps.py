"""What became of a claim, in rows that only grow."""

from datetime import datetime

from accounts.models import User
from vouchers.models import Claim, ClaimStep


def step(claim: Claim, *, by: User | None, at: datetime, text: str = "") -> ClaimStep:
    """Write down the state the claim has just come to. `by` is None where the clock did it."""
    return ClaimStep.objects.create(claim=claim, state=claim.state, by=by, at=at, text=text)

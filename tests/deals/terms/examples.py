"""Terms and forecasts that the tests share. Signed in the middle of 2026, sold from 2027 on."""

from datetime import date

from hypothesis import strategies as st

from deals.terms import Forecast, Instalment, Method, Milestone, Terms

MILLION = 1_000_000
BILLION = 1_000 * MILLION
SIGNED = date(2026, 6, 15)


def forecast(*base, low=None, high=None, first=date(2027, 3, 1), discount_bp=0):
    """Sales in million won."""
    row = tuple(won * MILLION for won in base)
    return Forecast(
        first_sale_on=first,
        low=tuple(won * MILLION for won in low) if low is not None else tuple(won // 2 for won in row),
        base=row,
        high=tuple(won * MILLION for won in high) if high is not None else tuple(won * 2 for won in row),
        discount_bp=discount_bp,
    )


LUMP = Terms(Method.LUMP_SUM, upfront_won=100 * MILLION)
INSTALMENTS = Terms(
    Method.LUMP_SUM, upfront_won=40 * MILLION, instalments=(Instalment(12, 30 * MILLION), Instalment(24, 30 * MILLION))
)
RUNNING = Terms(Method.RUNNING, upfront_won=10 * MILLION, running_bp=300)
BOUNDED = Terms(Method.RUNNING, running_bp=300, minimum_won=5 * MILLION, minimum_from_year=2, cap_won=60 * MILLION)
MILESTONES = Terms(
    Method.MILESTONES,
    upfront_won=20 * MILLION,
    milestones=(
        Milestone("prototype", "Prototype proven", 30 * MILLION, month=12),
        Milestone("first_sale", "First sale", 50 * MILLION, month=24, needs_sales=True),
    ),
)
SWAP = Terms(Method.SWAP, upfront_won=50 * MILLION, swap_discount_won=50 * MILLION, running_bp=200)
EQUITY = Terms(Method.EQUITY, equity_bp=500)
FREE = Terms(Method.FREE)
EVERY = {
    "lump": LUMP, "instalments": INSTALMENTS, "running": RUNNING, "bounded": BOUNDED, "milestones": MILESTONES,
    "swap": SWAP, "equity": EQUITY, "free": FREE,
}  # fmt: skip

# --- for hypothesis: any terms that `check` lets pass, any forecast -------------------------------------------------

money = st.integers(0, 10**10)
some_money = st.integers(1, 10**10)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@st.composite
def instalments(draw):
    months = sorted(draw(st.lists(st.integers(1, 240), max_size=4, unique=True)))
    return tuple(Instalment(each, draw(some_money)) for each in months)


@st.composite
def runnings(draw):
    minimum = draw(st.just(0) | st.integers(1, 10**8))
    return Terms(
        Method.RUNNING,
        upfront_won=draw(money),
        instalments=draw(instalments()),
        running_bp=draw(st.integers(1, 10_000)),
        minimum_won=minimum,
        minimum_from_year=draw(st.integers(1, 6)) if minimum else 1,
        cap_won=draw(st.just(0) | st.integers(max(minimum, 1), 10**10)),
        statement_due_months=draw(st.integers(1, 12)),
    )


@st.composite
def swaps(draw):
    return Terms(
        Method.SWAP,
        upfront_won=draw(money),
        running_bp=draw(st.integers(1, 5_000)),
        swap_discount_won=draw(some_money),
        cap_won=draw(st.just(0) | some_money),
        statement_due_months=draw(st.integers(1, 12)),
    )


@st.composite
def milestone_terms(draw):
    number = draw(st.integers(1, 4))
    reached = tuple(
        Milestone(f"m{place}", "Reached", draw(some_money), draw(st.integers(0, 120)), draw(st.booleans()))
        for place in range(number)
    )
    return Terms(
        Method.MILESTONES,
        upfront_won=draw(money),
        instalments=draw(instalments()),
        running_bp=draw(st.integers(0, 10_000)),
        milestones=reached,
    )


@st.composite
def lump_sums(draw):
    return Terms(Method.LUMP_SUM, upfront_won=draw(some_money), instalments=draw(instalments()))


equities = st.builds(Terms, st.just(Method.EQUITY), upfront_won=money, equity_bp=st.integers(1, 10_000))
any_terms = runnings() | swaps() | milestone_terms() | lump_sums() | equities | st.just(FREE)


@st.composite
def forecasts(draw, signed_on, *, most=10**11):
    years = draw(st.integers(1, 8))
    rows = [sorted(draw(st.tuples(*[st.integers(0, most)] * 3))) for _ in range(years)]
    first = draw(st.dates(signed_on, date(signed_on.year + 6, 12, 31)))
    low, base, high = zip(*rows, strict=True)
    return Forecast(first, low, base, high, discount_bp=draw(st.integers(0, 5_000)))


@st.composite
def cases(draw, terms=any_terms):
    """Terms, forecast and day of signing."""
    signed_on = draw(days)
    return draw(terms), draw(forecasts(signed_on)), signed_on

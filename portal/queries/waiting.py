"""What waits on a person over all apps, in one statement. Each app says its kinds; here they are only put together."""

from collections.abc import Callable, Iterable
from datetime import date

from accounts.models import Organization, User
from brokers.queries.cases import waiting_kinds as cases
from brokers.queries.duties import waiting_kinds as broker_duties
from brokers.queries.fees import waiting_kinds as fees
from brokers.queries.office import waiting_kinds as broker_office
from brokers.queries.ratings import waiting_kinds as ratings
from brokers.queries.registration import waiting_kinds as registration
from brokers.queries.work import waiting_kinds as mandates
from deals.queries.contracts import waiting_kinds as contracts
from deals.queries.negotiation import waiting_kinds as negotiations
from deals.queries.requests import waiting_kinds as requests
from marketplace.core.waiting import Kind, Number, Waiting, ask, by_deadline
from matching.queries import waiting_kinds as needs
from obligations.duty_queries import waiting_kinds as duties
from obligations.work import waiting_kinds as results
from open_data.queries.waiting import waiting_kinds as partner_deals
from policy.queries.waiting import waiting_kinds as survey
from programmes.queries.review_waiting import waiting_kinds as review
from royalties.queries.calendar import waiting_kinds as royalties
from tech_listings.queries import waiting_kinds as technologies
from vouchers.queries.waiting import waiting_kinds as vouchers

WAITING: tuple[Callable[[User, Organization | None, date], Iterable[Kind | Number]], ...] = (
    requests, negotiations, contracts, royalties, mandates, fees, cases, registration, broker_office, broker_duties,
    ratings, results, duties, survey, review, vouchers, needs, technologies,
    partner_deals,
)  # fmt: skip
"""Where days do not decide: requests first, for an answer to them was promised."""


def waiting_on(user: User, organization: Organization | None, day: date) -> list[Waiting]:
    """Everything that waits on `user` in `organization`, by deadline; of each kind the ten most urgent at most."""
    return by_deadline(ask(kind for of_app in WAITING for kind in of_app(user, organization, day)))

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.demo import PASSWORD, TOTP_SECRET, account_rows
from accounts.demo import load as load_people
from brokers.demo import load as load_fees
from brokers.demo.cases import load as load_cases
from brokers.demo.duties import load as load_broker_duties
from brokers.demo.mandates import load as load_mandates
from brokers.demo.office import load_office
from brokers.demo.register import load as load_register
from brokers.demo.registration import load as load_applications
from deals.demo import load as load_requests
from deals.demo.contracts import load as load_contracts
from deals.demo.negotiation import load_negotiations
from deals.demo.studio import load as load_offers
from disclosures.demo import load as load_disclosures
from matching.demo import load as load_needs
from matching.demo.searches import load as load_searches
from obligations.demo import load as load_projects
from open_data.demo import load as load_partner
from policy.demo.figures import load as load_figures
from policy.demo.plans import load as load_plans
from policy.demo.survey import load as load_survey
from portal.queries.home import FIGURES_KEY
from portal.queries.statistics import KEY as STATISTICS_KEY
from programmes.demo.applications import load as load_programme_applications
from programmes.demo.calls import load as load_calls
from royalties.demo import load as load_royalties
from royalties.demo.calendar import load as load_calendars
from royalties.demo.government import load as load_own_use
from tech_listings.demo import load as load_technologies
from tech_listings.services.refresh_terms import is_due, refresh_terms
from tech_listings.services.refresh_words import refresh_words
from vouchers.demo.granted import load as load_vouchers
from vouchers.demo.orders import load as load_orders
from vouchers.demo.recovery import load as load_recoveries


class Command(BaseCommand):
    help = "Load what was invented: people, technologies, projects, requests, needs. Again: only what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="also in production, with --password")
        parser.add_argument("--password", default="", help=f"of all demo accounts; {PASSWORD!r} outside production")

    @transaction.atomic
    def handle(self, *args: Any, force: bool, password: str, **options: Any) -> None:
        in_production = settings.IEUM_ENV == "production"
        if in_production and not force:
            raise CommandError(
                "The demo does not belong into production. --force with --password loads it all the same."
            )
        if in_production and password in {"", PASSWORD}:
            raise CommandError("Everybody can read the demo's password: give another one with --password.")
        secret = generate_totp_secret() if in_production else TOTP_SECRET

        at = timezone.now()
        loaded = load_people(password=password or PASSWORD, totp_secret=secret, at=at)
        technologies = load_technologies(organizations=loaded.organizations, at=at)
        projects = load_projects(organizations=loaded.organizations, at=at)
        requests = load_requests(organizations=loaded.organizations, at=at)
        disclosures = load_disclosures(at=at)
        refresh_words(at=at)
        if is_due(at=at):
            refresh_terms(at=at)  # how much a word tells: the matching weighs by it
        needs = load_needs(organizations=loaded.organizations, at=at)
        searches = load_searches(at=at)
        fees = load_fees(organizations=loaded.organizations, at=at)
        decided = load_office(organizations=loaded.organizations, at=at)
        applications = load_applications(organizations=loaded.organizations, at=at)
        brokers = load_register(organizations=loaded.organizations, at=at)
        mandates = load_mandates(organizations=loaded.organizations, at=at)
        negotiations = load_negotiations(at=at)
        duties = load_broker_duties(organizations=loaded.organizations, at=at)
        cases = load_cases(organizations=loaded.organizations, at=at)
        offers = load_offers(at=at)
        contracts = load_contracts(organizations=loaded.organizations, at=at)
        royalties = load_royalties(organizations=loaded.organizations, at=at)
        own_use = load_own_use(organizations=loaded.organizations, at=at)
        dues = load_calendars(at=at)
        calls = load_calls(organizations=loaded.organizations, at=at)
        applied = load_programme_applications(organizations=loaded.organizations, at=at)
        vouchers = load_vouchers(organizations=loaded.organizations, at=at)
        orders = load_orders(organizations=loaded.organizations, at=at)
        recoveries = load_recoveries(organizations=loaded.organizations, at=at)
        partner = load_partner(organizations=loaded.organizations, at=at)
        answers = load_survey(organizations=loaded.organizations, at=at)
        plans = load_plans(at=at)
        figures = load_figures(at=at)  # last: they count what was made above
        cache.delete_many([FIGURES_KEY, STATISTICS_KEY])
        new = {
            "organizations": loaded.new_organizations,
            "people": loaded.new_people,
            "technologies": technologies,
            "R&D projects": projects,
            "requests": requests,
            "needs": needs,
            "saved searches": searches,
            "confidential parts opened": disclosures,
            "fees quoted": fees,
            "applications of brokers": applications + decided,
            "brokers registered": brokers,
            "mandates": mandates,
            "staff and reports of brokers": duties,
            "cancellation cases": cases,
            "negotiations": negotiations,
            "offers of ways to pay": offers,
            "contracts": contracts,
            "contracts with royalty money": royalties,
            "records of own use": own_use,
            "dues of contracts": dues,
            "calls": calls,
            "programme applications": applied,
            "vouchers": vouchers,
            "orders on vouchers": orders,
            "recoveries and sanctions": recoveries,
            "answers of the yearly survey": answers,
            "promotion plans": plans,
            "keys, webhooks and deals of a partner": partner,
            "frozen figures": figures,
        }
        self.stdout.write(f"New: {', '.join(f'{many} {what}' for what, many in new.items())}.")
        if settings.IEUM_ENV == "development":
            self.tell_accounts(secret)

    def tell_accounts(self, secret: str) -> None:
        self.stdout.write(f"Demo accounts, password {PASSWORD}:")
        for row in account_rows():
            if row["shown"]:
                self.stdout.write(f"  {row['email']:<32} {row['description']['en']}")
        self.stdout.write(f"The officer's authenticator secret: {secret}")

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from accounts.services.invite import has_confirmed
from accounts.services.register import create_government_office
from marketplace.core.errors import DomainError


class Command(BaseCommand):
    help = "Register a government office and its first manager, who must have signed up and confirmed the e-mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--name-en", default="")
        parser.add_argument("--business-number", required=True, help="ten digits, with or without hyphens")
        parser.add_argument("--manager", required=True, help="e-mail of the first manager")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["manager"].strip().lower()
        manager = User.objects.filter(email=email, is_active=True).first()
        if manager is None or not has_confirmed(manager, email):
            raise CommandError(f"{email} has no confirmed account. Let the person sign up first.")
        try:
            office = create_government_office(
                name=options["name"],
                name_en=options["name_en"],
                business_number=options["business_number"],
                manager=manager,
                at=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{office.name} ({office.business_number_text}) is registered; {email} is its manager.")

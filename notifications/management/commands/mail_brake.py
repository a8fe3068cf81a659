from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from notifications.delivery import clear_unsent
from notifications.models import MailBrake, Notification
from notifications.queries import mail_is_stopped
from notifications.services.brake import set_brake


class Command(BaseCommand):
    help = "Stop all notification mail (on), let it flow (off), look (status), or give up what waits (reset)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["on", "off", "status", "reset"])
        parser.add_argument("--reason", default="", help="why, for those who look later")

    def handle(self, *args: Any, action: str, reason: str, **options: Any) -> None:
        if action in {"on", "off"}:
            set_brake(on=action == "on", reason=reason, by=None, at=timezone.now())
        elif action == "reset":
            self.stdout.write(f"{clear_unsent()} messages will not be mailed; the inboxes keep them.")
        unsent = Notification.objects.unsent()
        people = unsent.values("recipient").distinct().count()
        brake = MailBrake.objects.first()
        since = f" since {timezone.localtime(brake.changed_at):%Y-%m-%d %H:%M} KST" if brake else ""
        why = f" ({brake.reason})" if brake and brake.reason else ""
        state = "stopped" if mail_is_stopped() else "flowing"
        self.stdout.write(f"Mail is {state}{since}{why}. {unsent.count()} messages wait for {people} people.")

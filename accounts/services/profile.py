"""Say who stands behind an organization. Its row is the lock, as for everything else a manager changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import business_account_changed
from accounts.models import BusinessProfile, FinancialYear, Organization, Owner, User
from accounts.models.profiles import WHOLE_BP
from accounts.numbers import business_number_problem, digits, explain
from accounts.roles import Permission, has_permission
from accounts.services.members import lock_organization
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.text import tidy

EDITABLE = frozenset(
    {"representatives", "address", "founded_on", "industry_code", "fiscal_month", "bank_code", "bank_account"}
)
MOST_ROWS = 50


@transaction.atomic
def edit_profile(
    *,
    organization: Organization,
    changes: Mapping[str, Any],
    owners: Sequence[Mapping[str, Any]] | None = None,
    years: Sequence[Mapping[str, Any]] | None = None,
    by: User,
    at: datetime,
) -> BusinessProfile:
    """Write `changes` (names from `EDITABLE`); `owners` and `years`, where given, replace those that are there.

    `owners`: name, business_number, share_bp. `years`: ends_on, sales_won, assets_won, employees.
    Another account for payments is told to all managers. Raises `NotAllowed`, `DomainError` naming the field.
    """
    locked = lock_organization(organization)
    by.forget_memberships()
    if not has_permission(by, Permission.EDIT_ORGANIZATION, locked):
        raise NotAllowed(_("Only a manager of the organization may change its details."))
    if unknown := set(changes) - EDITABLE:
        raise DomainError(_("This cannot be changed here: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    profile, _is_new = BusinessProfile.objects.get_or_create(organization=locked)
    before = (profile.bank_code, profile.bank_account)
    for name, value in changes.items():
        setattr(profile, name, value)
    _tidy_up(profile, timezone.localdate(at))
    profile.save()
    if owners is not None:
        _replace_owners(profile, owners)
    if years is not None:
        _replace_years(profile, years, timezone.localdate(at))
    if (profile.bank_code, profile.bank_account) != before:
        business_account_changed.send(sender=BusinessProfile, profile=profile, by=by, at=at)
    return BusinessProfile.objects.get(pk=profile.pk)  # with the keys that triggers wrote


def _tidy_up(profile: BusinessProfile, today: Any) -> None:
    profile.representatives = [name for name in map(tidy, profile.representatives) if name]
    profile.address = tidy(profile.address)
    profile.industry_code = profile.industry_code.strip().upper()
    profile.bank_account = digits(profile.bank_account)
    if profile.founded_on and profile.founded_on > today:
        raise DomainError(_("This day is in the future."), field="founded_on")
    if profile.bank_account and not (profile.bank_account.isascii() and profile.bank_account.isdigit()):
        raise DomainError(_("An account number has only digits and hyphens."), field="bank_account")
    if bool(profile.bank_account) != bool(profile.bank_code):
        empty = "bank_account" if profile.bank_code else "bank_code"
        raise DomainError(_("Give both bank and account number, or neither."), field=empty)


def _replace_owners(profile: BusinessProfile, owners: Sequence[Mapping[str, Any]]) -> None:
    given = [
        Owner(
            profile=profile,
            name=tidy(row.get("name", "")),
            business_number=digits(row.get("business_number", "")),
            share_bp=row["share_bp"],
        )
        for row in owners
    ]
    if len(given) > MOST_ROWS:
        raise DomainError(_("At most %(most)d rows.") % {"most": MOST_ROWS}, field="owners")
    for owner in given:
        if not owner.name and not owner.business_number:
            raise DomainError(_("Each owner needs a name or a business registration number."), field="owners")
        if owner.business_number and (problem := business_number_problem(owner.business_number)):
            raise DomainError(explain(problem, owner.business_number), field="owners")
    if sum(owner.share_bp for owner in given) > WHOLE_BP:
        raise DomainError(_("The shares of the owners are more than 100 % together."), field="owners")
    kept = {(owner.name, owner.business_number, owner.share_bp): owner for owner in profile.owners.all()}
    # What stays as it is keeps its row, so that the history holds changes only.
    wanted = {(owner.name, owner.business_number, owner.share_bp): owner for owner in given}
    if len(wanted) < len(given):
        raise DomainError(_("The same owner stands here twice."), field="owners")
    profile.owners.filter(pk__in=[kept[key].pk for key in kept.keys() - wanted.keys()]).delete()
    Owner.objects.bulk_create([owner for key, owner in wanted.items() if key not in kept])


def _replace_years(profile: BusinessProfile, years: Sequence[Mapping[str, Any]], today: Any) -> None:
    given = {row["ends_on"]: row for row in years}
    if len(given) < len(years):
        raise DomainError(_("The same fiscal year stands here twice."), field="years")
    if len(given) > MOST_ROWS:
        raise DomainError(_("At most %(most)d rows.") % {"most": MOST_ROWS}, field="years")
    if any(day > today for day in given):
        raise DomainError(_("Give fiscal years that are over."), field="years")
    profile.years.exclude(ends_on__in=given).delete()
    for day, row in given.items():
        figures = {name: row[name] for name in ("sales_won", "assets_won", "employees")}
        earlier = profile.years.filter(ends_on=day).first()
        if earlier is None:
            FinancialYear.objects.create(profile=profile, ends_on=day, **figures)
        elif any(getattr(earlier, name) != value for name, value in figures.items()):
            profile.years.filter(pk=earlier.pk).update(**figures)

"""How many brokers each box of the register's filters would leave: one question per filter."""

from collections import Counter

from django.db.models import CharField, Count, F, Func, Value
from django.utils import timezone

from brokers.enums.registration import QualificationKind, RegistrationKind
from brokers.filters.register import RegisterFilter, has_credential
from brokers.models import Qualification, StaffEntry
from brokers.querysets.registration import RegistrationQuerySet
from tech_listings.facets import Facet, Option

FACETS = ("kind", "section", "region", "language", "credential")


def facets(found: RegisterFilter, rows: RegistrationQuerySet) -> list[Facet]:
    """For each filter the count per box with all other filters applied; boxes that would leave nobody are left out."""
    if not found.form.is_valid():
        return []
    made = []
    for name in FACETS:
        counted = COUNTING[name](found.narrowed(rows, but=name).order_by())
        chosen = set(found.form.cleaned_data.get(name) or [])
        field = found.form.fields[name]
        options = [
            Option(value, str(label), counted[value], value in chosen)
            for value, label in field.choices  # type: ignore[attr-defined]
            if counted[value] or value in chosen
        ]
        made.append(Facet(name, str(field.label), options))
    return made


def _counted(rows: RegistrationQuerySet, value: Func | F) -> Counter[str]:
    pairs = rows.annotate(boxed=value).values_list("boxed").annotate(many=Count("pk", distinct=True))
    return Counter(dict(pairs))


def _each(field: str) -> Func:
    return Func(F(field), function="unnest", output_field=CharField())


def _sections(rows: RegistrationQuerySet) -> Counter[str]:
    return _counted(rows, Func(_each("ipc_prefixes"), Value(1), function="left", output_field=CharField()))


def _credentials(rows: RegistrationQuerySet) -> Counter[str]:
    """Agencies by the people who count for them, traders by themselves. Who is a trader here may have no paper."""
    houses = rows.filter(kind=RegistrationKind.AGENCY).values("organization")
    verified = Qualification.objects.verified().exclude(kind=QualificationKind.TRADER)
    staff = StaffEntry.objects.counting_on(timezone.localdate()).filter(
        organization__in=houses, user__qualifications__in=verified
    )
    pairs = staff.values_list("user__qualifications__kind").annotate(many=Count("organization", distinct=True))
    found = Counter(dict(pairs.order_by()))
    traders = rows.filter(kind=RegistrationKind.TRADER).values("user")
    own = verified.filter(user__in=traders).values_list("kind").annotate(many=Count("user", distinct=True)).order_by()
    with_trader = rows.filter(has_credential(QualificationKind.TRADER)).count()
    return found + Counter(dict(own)) + Counter({str(QualificationKind.TRADER): with_trader})


COUNTING = {
    "kind": lambda rows: _counted(rows, F("kind")),
    "section": _sections,
    "region": lambda rows: _counted(rows, _each("regions")),
    "language": lambda rows: _counted(rows, _each("languages")),
    "credential": _credentials,
}

"""What two organizations have in common: firm, people, owners, address, account (facts §5.3, F18, F67).

Whoever has no profile, or one that names no representative or no address, is unknown: `related` raises, and
`related_or_unknown` answers with a link of kind `UNKNOWN`. So an empty answer always means that there is nothing.
Names are compared by their letters only, so a name or an address in common is a hint for people to look at
(`Link.is_certain` is false); numbers and accounts are certain.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from accounts.enums import LinkKind
from accounts.models import BusinessProfile, Organization, Owner
from accounts.numbers import format_business_number, format_corporate_number
from marketplace.core.errors import DomainError

DATA = Path(__file__).resolve().parent / "data" / "relations.json"


CERTAIN = frozenset({LinkKind.SAME_FIRM, LinkKind.CORPORATE_NUMBER, LinkKind.OWNS, LinkKind.BANK_ACCOUNT})


@dataclass(frozen=True, order=True)
class Link:
    """`kind` is a `LinkKind`; `evidence` what is the same, as it was entered (an account with its last digits only)."""

    kind: str
    evidence: str

    @property
    def is_certain(self) -> bool:
        """Whether it rests on a number or an account, not on a name or an address that two may share by chance."""
        return self.kind in CERTAIN

    @property
    def label(self) -> str:
        return str(LinkKind(self.kind).label)


@dataclass(frozen=True)
class Group:
    """Two or more organizations, by primary key, that share one thing."""

    link: Link
    organizations: frozenset[int]


class IdentityUnknown(DomainError):
    """Who stands behind `organization` is not said, so nothing can be said about its relations."""

    code = "identity_unknown"

    def __init__(self, organization: Organization) -> None:
        super().__init__(
            gettext(
                "“%(name)s” has not said who represents it and where it is. "
                "Ask a manager of it to fill in the business details."
            )
            % {"name": organization.display_name}
        )
        self.organization = organization


Unknown = IdentityUnknown

Trait = tuple[str, str]


@dataclass
class Face:
    """An organization with all that was merged into it. Equals share `traits`; `is_` meets the `names` of another."""

    root: int
    known: bool = False
    traits: dict[Trait, str] = field(default_factory=dict)
    is_: dict[Trait, str] = field(default_factory=dict)
    names: dict[Trait, str] = field(default_factory=dict)

    def links_with(self, other: "Face") -> set[Link]:
        """The same whichever of the two is asked."""
        if self.root == other.root:
            return {Link(LinkKind.SAME_FIRM, "")}
        # Two spellings of one thing are one link: the evidence is the first by the alphabet.
        shared = self.traits.keys() & other.traits.keys()
        found = {Link(trait[0], min(self.traits[trait], other.traits[trait])) for trait in shared}
        for one, two in ((self, other), (other, self)):
            found |= {Link(trait[0], two.names[trait]) for trait in one.is_.keys() & two.names.keys()}
        return found


@cache
def owner_by_name_from_bp() -> int:
    """From which share on, in basis points, the same name among the owners is a link (an assumption, see the file)."""
    return int(json.loads(DATA.read_text(encoding="utf-8"))["owner_by_name_from_bp"])


def related(first: Organization, second: Organization) -> list[Link]:
    """Everything the two have in common, sorted; empty when both are known and share nothing.

    Raises `IdentityUnknown` when one of them has not said who stands behind it, unless they are the same firm.
    """
    faces = _faces([first.pk, second.pk])
    one, two = faces[first.pk], faces[second.pk]
    if one.root != two.root:
        for face, organization in ((one, first), (two, second)):
            if not face.known:
                raise IdentityUnknown(organization)
    return sorted(one.links_with(two))


def related_or_unknown(first: Organization, second: Organization) -> list[Link]:
    """As `related`, but not knowing is an answer: a link of kind `UNKNOWN` with the name of each who said nothing."""
    faces = _faces([first.pk, second.pk])
    one, two = faces[first.pk], faces[second.pk]
    found = one.links_with(two)
    if one.root != two.root:
        found |= {
            Link(LinkKind.UNKNOWN, organization.name)
            for face, organization in ((one, first), (two, second))
            if not face.known
        }
    return sorted(found)


def groups_among(organizations: Collection[int]) -> list[Group]:
    """Who among these (primary keys) shares what, in four questions and linear time, however many there are.

    Says nothing about who is unknown: see `unknown_among`.
    """
    faces = _faces(organizations)
    buckets: dict[Trait, set[int]] = defaultdict(set)
    evidence: dict[Trait, str] = {}
    meets: dict[Trait, set[int]] = defaultdict(set)
    for key, face in faces.items():
        buckets[(LinkKind.SAME_FIRM, str(face.root))].add(key)
        for trait, said in face.traits.items():
            buckets[trait].add(key)
            evidence[trait] = min(evidence.get(trait, said), said)
        for trait in face.is_:
            meets[trait].add(key)
    groups = [
        Group(Link(trait[0], evidence.get(trait, "")), frozenset(keys))
        for trait, keys in buckets.items()
        if len({faces[key].root for key in keys}) > 1 or (trait[0] == LinkKind.SAME_FIRM and len(keys) > 1)
    ]
    for key, face in faces.items():
        for trait, said in face.names.items():
            others = {other for other in meets.get(trait, ()) if faces[other].root != face.root}
            if others:
                groups.append(Group(Link(trait[0], said), frozenset({key, *others})))
    return sorted(groups, key=lambda group: (group.link, sorted(group.organizations)))


def unknown_among(organizations: Collection[int]) -> set[int]:
    """Of these (primary keys), those that have not said who stands behind them."""
    return {key for key, face in _faces(organizations).items() if not face.known}


def relatives_of(organization: Organization) -> "models.QuerySet[Organization]":
    """All organizations that share something with this one, itself and its family left out; by indexed columns.

    Raises nothing when it is unknown itself: ask `related_or_unknown`, or look at its profile.
    """
    return _near([_faces([organization.pk])[organization.pk]]).exclude(pk__in=family_of(organization))


def circle_of(organizations: Collection[int]) -> set[int]:
    """Primary keys of these, of all that share something with one of them, and of the families of all of them.

    Whoever counts under a cap of firms is among them; in the same few questions for fifty as for one.
    """
    near = _near(_faces(organizations).values())
    rows = Organization.objects.filter(Q(pk__in=organizations) | Q(pk__in=near.values("pk")))
    roots = {into or pk for pk, into in rows.values_list("pk", "merged_into")}
    return set(Organization.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots)).values_list("pk", flat=True))


def _near(faces: Iterable[Face]) -> "models.QuerySet[Organization]":
    """All that share something with one of these, themselves among them, by indexed columns."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    is_numbers: list[str] = []
    is_people: list[str] = []
    owned_by: list[str] = []
    owned_by_people: list[str] = []
    for face in faces:
        for kind, key in face.traits:
            by_kind[kind].append(key)
        is_numbers += [key for kind, key in face.is_ if kind == LinkKind.OWNS]
        is_people += [key for kind, key in face.is_ if kind == LinkKind.REPRESENTATIVE_OWNS]
        owned_by += [key for kind, key in face.names if kind == LinkKind.OWNS]
        owned_by_people += [key for kind, key in face.names if kind == LinkKind.REPRESENTATIVE_OWNS]
    people = [key[2:] for key in by_kind[LinkKind.OWNER] if key.startswith("p:")]
    numbers = [key[2:] for key in by_kind[LinkKind.OWNER] if key.startswith("n:")]
    big = Q(share_bp__gte=owner_by_name_from_bp())
    owners = Owner.objects.filter(
        Q(business_number__in=[*numbers, *is_numbers]) | (big & Q(name_key__in=[*people, *is_people]))
    )
    profiles = BusinessProfile.objects.filter(
        Q(representative_keys__overlap=[*by_kind[LinkKind.REPRESENTATIVE], *owned_by_people])
        | Q(address_key__in=by_kind[LinkKind.ADDRESS])
        | Q(bank_key__in=by_kind[LinkKind.BANK_ACCOUNT])
        | Q(pk__in=owners.values("profile"))
    )
    return Organization.objects.filter(
        Q(pk__in=profiles.values("organization"))
        | Q(corporate_number__in=by_kind[LinkKind.CORPORATE_NUMBER])
        | Q(business_number__in=owned_by)
    )


def family_of(organization: Organization) -> list[int]:
    """The primary keys of the organization that stands and of all that were merged into it, for caps and counts."""
    root = _root_of(organization)
    return sorted(Organization.objects.filter(Q(pk=root) | Q(merged_into=root)).values_list("pk", flat=True))


def families_of(organizations: Collection[int]) -> set[int]:
    """As `family_of`, of many together, in two questions."""
    rows = Organization.objects.filter(pk__in=organizations).values_list("pk", "merged_into")
    roots = {into or pk for pk, into in rows}
    return set(Organization.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots)).values_list("pk", flat=True))


def _root_of(organization: Organization) -> int:
    """As it stands in the database: the object in hand may be older than the merge."""
    into = Organization.objects.filter(pk=organization.pk).values_list("merged_into", flat=True).first()
    return into or organization.pk


def _faces(organizations: Collection[int]) -> dict[int, Face]:
    """The face of each, by primary key, with all that its family says."""
    wanted = dict(Organization.objects.filter(pk__in=organizations).values_list("pk", "merged_into"))
    roots = {pk: into or pk for pk, into in wanted.items()}
    asked = set(roots.values())
    faces = {root: Face(root) for root in asked}
    rows = Organization.objects.filter(Q(pk__in=asked) | Q(merged_into__in=asked))
    for pk, into, business, corporate in rows.values_list("pk", "merged_into", "business_number", "corporate_number"):
        face = faces[into or pk]
        face.is_[(LinkKind.OWNS, business)] = format_business_number(business)
        if corporate:
            face.traits[(LinkKind.CORPORATE_NUMBER, corporate)] = format_corporate_number(corporate)
    profiles = {
        profile.pk: profile
        for profile in BusinessProfile.objects.filter(
            Q(organization__in=asked) | Q(organization__merged_into__in=asked)
        ).select_related("organization")
    }
    for profile in profiles.values():
        root = profile.organization.root_id
        _add_profile(faces[root], profile, is_root=profile.organization_id == root)
    for owner in Owner.objects.filter(profile__in=profiles).order_by("pk"):
        _add_owner(faces[profiles[owner.profile_id].organization.root_id], owner)
    return {pk: faces[root] for pk, root in roots.items()}


def _add_profile(face: Face, profile: BusinessProfile, *, is_root: bool) -> None:
    # What the one that stands says counts: a profile of a firm that is gone does not make its survivor known.
    face.known = face.known or (is_root and bool(profile.representative_keys and profile.address_key))
    shown = _by_key(profile.representatives, profile.representative_keys)
    for key in profile.representative_keys:
        face.traits[(LinkKind.REPRESENTATIVE, key)] = shown.get(key, key)
        face.is_[(LinkKind.REPRESENTATIVE_OWNS, key)] = shown.get(key, key)
    if profile.address_key:
        face.traits[(LinkKind.ADDRESS, profile.address_key)] = profile.address
    if profile.bank_key:
        face.traits[(LinkKind.BANK_ACCOUNT, profile.bank_key)] = profile.account_masked


def _add_owner(face: Face, owner: Owner) -> None:
    said = f"{owner} ({owner.share_bp / 100:g} %)"
    if owner.business_number:
        face.traits[(LinkKind.OWNER, f"n:{owner.business_number}")] = f"{owner.name} {owner.business_number}".strip()
        face.names[(LinkKind.OWNS, owner.business_number)] = said
    if owner.name_key and owner.share_bp >= owner_by_name_from_bp():
        face.traits.setdefault((LinkKind.OWNER, f"p:{owner.name_key}"), owner.name)
        face.names[(LinkKind.REPRESENTATIVE_OWNS, owner.name_key)] = said


def _by_key(shown: Iterable[str], keys: Collection[str]) -> Mapping[str, str]:
    """Each name as it was typed under its key, where one can be told without asking the database again."""
    return {key: name for name in shown for key in keys if "".join(filter(str.isalnum, name)).lower() == key}

"""The compact tables that come with the product, in three languages."""

from pathlib import Path

from django.db import transaction

from taxonomy.enums import Origin, System
from taxonomy.services.load import LoadResult, load_table
from taxonomy.services.load_mapping import load_mapping
from taxonomy.services.tables.ksic import MappingRow
from taxonomy.services.tables.product import read_product

DATA = Path(__file__).resolve().parent.parent / "data"
REVISIONS: dict[str, str] = {
    System.IPC: "2022.01",
    System.KSIC: "10",
    System.ST: "2023",
    System.REGION: "bjd",
    System.TRL: "kr",
}
"""The revision of each compact table. Regions and TRL have none; their word only names the scheme."""

RENUMBERED_REGIONS = (
    MappingRow("4200000000", "5100000000", "강원특별자치도 설치 등에 관한 특별법, 2023-06-11", "", 0),
    MappingRow("4500000000", "5200000000", "전북특별자치도 설치 등에 관한 특별법, 2024-01-18", "", 0),
)


@transaction.atomic
def load_product(*, system: str) -> LoadResult:
    """Put one compact table in place. Titles an officer corrected stay."""
    revision = REVISIONS[system]
    table = read_product(DATA / f"{system}.csv", system=system, revision=revision)
    result = load_table(table=table, origin=Origin.PRODUCT)
    if system == System.REGION:
        load_mapping(rows=RENUMBERED_REGIONS, system=system, from_revision=revision, to_revision=revision)
    return result

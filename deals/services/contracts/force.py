"""An approved amendment takes over from the version in force."""

from datetime import datetime

from deals.clauses import Clauses
from deals.enums.contracts import VERSION_STATES, VersionState
from deals.events import contract_amended
from deals.models import Contract, ContractVersion
from deals.notices import contracts as notices
from deals.services.contracts.asking import version_in_force


def put_in_force(*, contract: Contract, version: ContractVersion, at: datetime) -> None:
    """The caller holds the locks of both; its day has come. The last day of the contract follows its term."""
    before = version_in_force(contract)
    VERSION_STATES.move(before, VersionState.REPLACED)
    VERSION_STATES.move(version, VersionState.IN_FORCE)
    assert contract.starts_on is not None
    contract.ends_on = Clauses.from_json(version.clauses).last_day(contract.starts_on)
    contract.revision += 1
    contract.save(update_fields=["ends_on", "revision", "updated_at"])
    contract_amended.send(sender=Contract, contract=contract, version=version, before=before, at=at)
    notices.amended(version, at)

from royalties.models.rules import GovernmentRule, SharingRule

__all__ = ["GovernmentRule", "SharingRule"]

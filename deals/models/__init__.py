from deals.models.requests import LONG_TEXT, SHORT_TEXT, RequestEvent, TransferRequest

__all__ = ["LONG_TEXT", "SHORT_TEXT", "RequestEvent", "TransferRequest"]

"""Project numbers."""

import re

NOT_IN_KEY = re.compile(r"[^0-9A-Z]")


def project_key(number: str) -> str:
    """What makes two project numbers the same: letters and digits, capitals. `rs-2023-00123456` is `RS202300123456`."""
    return NOT_IN_KEY.sub("", number.upper())

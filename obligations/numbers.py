"""Project numbers, and numbers of patent applications as people type them."""

import re
import unicodedata

NOT_IN_KEY = re.compile(r"[^0-9A-Z]")
NO_DIGIT = re.compile(r"[^0-9]")


def project_key(number: str) -> str:
    """What makes two project numbers the same: letters and digits, capitals. `rs-2023-00123456` is `RS202300123456`."""
    return NOT_IN_KEY.sub("", number.upper())


def application_digits(number: str) -> str:
    """The digits of `10-2025-0000001`, of full width too. Those of other scripts are none: none is kept in them."""
    return NO_DIGIT.sub("", unicodedata.normalize("NFKC", number))

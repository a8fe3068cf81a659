from vouchers.rules import life  # noqa: F401 - adds the rules

"""`python -m bench [NAME …]`: every measurement, or those named, as JSON lines. `make bench` sets up and calls this."""

import importlib
import os
import sys

NAMES = ("ingest", "search", "percolate", "duties", "brokers", "deals", "programmes", "voucher", "portal", "feed")


def main(names: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    held = [importlib.import_module(f"bench.{name}").main() for name in names or NAMES]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where apps above find it; the shape itself is `marketplace.core.scanned`."""

from marketplace.core.scanned import MOST_BYTES, ScannerAway, read_clean

__all__ = ["MOST_BYTES", "ScannerAway", "read_clean"]

"""What this app tells people, and whom."""

"""What lower apps say, and what it means for matching."""

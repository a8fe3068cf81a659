"""A bank's statement as a file: what its rows say, and which invoice a deposit probably pays. No database, no clock."""

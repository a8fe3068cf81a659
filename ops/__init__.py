"""Set-up and running of the whole house; used by the Makefile. Nothing of the application imports it."""

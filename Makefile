# On a machine with Python 3.11 or newer and make: `make run`. `make help` tells the rest.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
OPS = $(or $(PYTHON),$(error Ieum needs Python 3.11 or newer, and none is in PATH)) -m ops

.PHONY: help run setup test lint bench manage demo-reset stop clean

help:
	@$(OPS) help

run setup test lint bench manage demo-reset stop clean:
	@$(OPS) $@ $(ARGS)

"""`python3 -m ops COMMAND`: what the Makefile calls. Starts under any Python and goes on in `.venv`."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 – this file is read by whatever `python3` is
    sys.exit(f"✗ Ieum needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12")

from ops.bootstrap import prepare
from ops.clean import remove_built
from ops.console import Failure, complain
from ops.paths import ROOT, VENV, VENV_PYTHON

# For these the tools of requirements-dev.txt are installed too.
DEV_COMMANDS = {"test", "lint", "bench", "pins", "setup"}
HELP = """\
make run              start everything and serve it   (PORT=8000, HOST=127.0.0.1)
make test             the whole suite                 (ARGS="tests/deals -k answer")
make lint             style, types, floors, templates, migrations, messages, pins
make bench            measurements as JSON lines      (ARGS=...)
make manage           a management command            (ARGS="load_codes ipc FILE")
make demo-reset       throw the embedded database away and load the demo again
make stop             stop whatever of this copy still runs
make clean            remove what was built; the data in .local stay (DATA=1 removes them too)
"""


def main(arguments: list[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if command == "help":
        print(HELP, end="")
        return 0
    os.chdir(ROOT)
    if command in {"stop", "clean"} and not VENV_PYTHON.exists():
        if command == "clean":
            remove_built()
        return 0
    if os.environ.get("IEUM_PREPARED") != str(os.getpid()):
        if command not in {"stop", "clean"}:
            prepare(dev=command in DEV_COMMANDS)
        _go_on_in_venv(arguments)
    from ops import commands

    return commands.run(command, rest)


def _go_on_in_venv(arguments: list[str]) -> None:
    """Replace this process by the same command under the Python of `.venv`. The process number stays the same."""
    environment = dict(os.environ, IEUM_PREPARED=str(os.getpid()), VIRTUAL_ENV=str(VENV))
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment.pop("PYTHONHOME", None)
    os.execve(VENV_PYTHON, [str(VENV_PYTHON), "-m", "ops", *arguments], environment)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        complain(str(failure))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

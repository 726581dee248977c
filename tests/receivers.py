"""What those who receive our documents object to, and the examples that were agreed on; both are read in place."""

import importlib.util
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

LINT = Path(__file__).parents[1].parent / "shared" / "vocabulary" / "lint.py"
EXAMPLES = LINT.parent / "examples"


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


def example(name: str) -> Any:
    path = EXAMPLES / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the agreed example {path.name} is not on this machine")
    return json.loads(path.read_text())

"""Templates made into Python once for all hubs and all runs: each hub would take two seconds to make its own."""

from pathlib import Path

from web.compiled import FOLDER

KEPT = Path(__file__).parents[1] / ".cache" / FOLDER


def kept() -> Path:
    """What stands for the data folder of pages that have no hub."""
    KEPT.mkdir(mode=0o700, parents=True, exist_ok=True)
    return KEPT.parent


def lend(data: Path) -> None:
    """Put them into the data folder of a hub that has none of its own yet."""
    data.mkdir(mode=0o700, exist_ok=True)
    if not (data / FOLDER).exists():
        (data / FOLDER).symlink_to(kept() / FOLDER)

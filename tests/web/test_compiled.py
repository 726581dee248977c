"""What templates are made into is kept, and never used for another template or when it cannot be read."""

from pathlib import Path

import pytest
from browsing import Site, a_site
from jinja2 import DictLoader, Environment

from web.compiled import FOLDER, Compiled


def page(data: Path, words: str) -> str:
    made = Environment(loader=DictLoader({"page.html": words}), bytecode_cache=Compiled(data), autoescape=True)
    return made.get_template("page.html").render()


def files(data: Path) -> list[Path]:
    return sorted((data / FOLDER).iterdir())


def test_a_template_is_made_once_and_again_when_it_changes(tmp_path: Path) -> None:
    assert page(tmp_path, "Shwmae") == "Shwmae"
    (kept,) = files(tmp_path)
    before = kept.stat().st_mtime_ns
    assert page(tmp_path, "Shwmae") == "Shwmae"
    assert kept.stat().st_mtime_ns == before
    assert page(tmp_path, "Bore da") == "Bore da"


@pytest.mark.parametrize("left", [b"", b"half of i", b"\0" * 400])
def test_what_a_power_cut_left_of_it_is_made_anew(tmp_path: Path, left: bytes) -> None:
    page(tmp_path, "Shwmae")
    files(tmp_path)[0].write_bytes(left)
    assert page(tmp_path, "Shwmae") == "Shwmae"


def test_where_nothing_can_be_kept_pages_are_made_all_the_same(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file is in the way")
    assert page(tmp_path, "Shwmae") == "Shwmae"


def test_nobody_else_may_put_anything_there(tmp_path: Path) -> None:
    page(tmp_path, "Shwmae")
    assert (tmp_path / FOLDER).stat().st_mode & 0o077 == 0


async def test_a_hub_keeps_its_own_in_its_data_folder(site: Site, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / FOLDER).mkdir(parents=True)
    async with a_site(site.store, own) as other:
        assert (await other.guest.get("/")).status_code == 200
    assert len(files(own)) >= 2

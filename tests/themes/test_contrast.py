"""Every theme can be read: the ratios of design tokens, in twelve hues, by day and by night."""

import re
from pathlib import Path

import pytest

from web import colours, themes

FOLDERS = sorted(path.parent for path in themes.ROOT.glob("*/theme.toml"))
PALE = Path(__file__).parent / "pale"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_theme_that_we_ship_can_be_read_in_every_hue(folder: Path) -> None:
    assert themes.faults(themes.tokens(themes.chain(folder.name))) == []


def test_a_theme_with_pale_words_is_refused_and_told_which() -> None:
    found = themes.faults(themes.tokens(themes.chain(PALE)))
    assert any(fault.startswith("light, hue 165: ink-2 on paper is ") for fault in found)
    assert not any("on-board" in fault for fault in found)


def test_a_theme_may_not_bring_tokens_of_its_own_or_make_the_page_wider() -> None:
    base = themes.tokens(themes.chain())
    assert themes.faults(themes.Theme("x", base.light | {"sparkle": "1"}, base.dark)) == ["sparkle is not a token"]
    assert themes.faults(themes.Theme("x", base.light, base.dark | {"radius": "1px"})) == [
        "radius may not change in the dark"
    ]
    wide = themes.faults(themes.Theme("x", base.light | {"page": "90rem"}, base.dark))
    assert wide == ["page is 90rem, and may be up to 75rem"]


def test_the_colours_a_theme_may_not_set_are_those_of_the_sheet() -> None:
    sheet = (themes.ROOT / "base" / "static" / "base.css").read_text()
    light, dark = (sheet.index(start) for start in ("/* Fixed:", "@media (prefers-color-scheme: dark)"))
    for scheme, start in (("light", light), ("dark", dark)):
        block = sheet[start : sheet.index("\n}", start)]
        values = dict(re.findall(r"--([\w-]+): ([^;]+);", block))
        for name in ("bad", "bad-tint", "good"):
            assert themes.FIXED[scheme][name] == values[name]
        assert themes.FIXED[scheme]["k-ink"] == f"oklch({values['k-l']} {values['k-c']} var(--k))"
        assert themes.FIXED[scheme]["k-tint"] == f"oklch({values['kt-l']} {values['kt-c']} var(--k))"
    assert dict(re.findall(r"\.k-(\w+) \{ --k: (\d+) \}", sheet)) == {k: str(v) for k, v in themes.KINDS.items()}


def test_contrast_and_oklch_agree_with_the_standards() -> None:
    black, white = colours.oklch(0, 0, 0), colours.oklch(1, 0, 0)
    assert colours.contrast(black, white) == pytest.approx(21, abs=0.01)
    assert colours.rgb(colours.oklch(0.62796, 0.25768, 29.234)) == (255, 0, 0)  # CSS Color 4, example of red
    assert colours.rgb(colours.oklch(0.45201, 0.31321, 264.052)) == (0, 0, 255)


def test_one_sheet_is_served_with_the_hub_s_hues_and_no_other_host() -> None:
    sheet = themes.sheet(themes.chain())
    assert all(f".hue-{hue}{{--hue: {hue}}}" in sheet for hue in themes.HUES)
    assert "//" not in sheet
    assert sheet.count("font-display: swap") == 4
    assert sheet.index(".hue-20") < sheet.index("prefers-contrast")


def test_a_theme_s_tokens_win_over_the_base_theme_s() -> None:
    assert "--ink-2: oklch(.62 .01 88);" in themes.sheet(themes.chain(PALE))
    assert themes.static(themes.chain(PALE)).version != themes.static(themes.chain()).version

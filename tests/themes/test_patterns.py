"""Pictures from names: the same words always give the same picture."""

from hashlib import sha256
from io import BytesIO

import pytest
from PIL import Image

from web import painting, patterns

# Changing these means that every hub, project and person looks different after an update.
KNOWN = {
    ("view", "Riverside", "Glan-yr-afon"): "46942dc8c98c4220",
    ("plan", "Old Mill Orchard", "Riverside"): "f952d5867363f79e",
    ("house", "Delyth", "Riverside"): "8fdb7202340dca36",
}


@pytest.mark.parametrize("words", KNOWN, ids=lambda words: words[0])
def test_a_picture_never_changes(words: tuple[str, str, str]) -> None:
    kind, *rest = words
    drawn = str(patterns.svg(patterns.KINDS[kind](*rest)))
    assert sha256(drawn.encode()).hexdigest()[:16] == KNOWN[words]


def test_capitals_and_spaces_do_not_make_another_picture() -> None:
    assert patterns.house(" DELYTH ", "riverside") == patterns.house("Delyth", "Riverside")


def test_no_two_hubs_look_alike() -> None:
    assert len({patterns.svg(patterns.view(f"Hub {n}", "Wales")) for n in range(200)}) == 200


def test_a_picture_is_small_and_carries_no_colour() -> None:
    for n in range(50):
        drawn = [patterns.svg(draw(f"Name {n}", "Place")) for draw in patterns.KINDS.values()]
        assert [len(svg) < most for svg, most in zip(drawn, (3500, 1200, 600), strict=True)] == [True] * 3
        assert not any("style" in svg or "#" in svg for svg in drawn)


def test_names_with_angle_brackets_draw_nothing_but_a_picture() -> None:
    assert "<script" not in patterns.svg(patterns.plan("<script>alert(1)</script>", "&"))


def test_other_servers_get_pixels_in_the_hub_s_colour() -> None:
    avatar = painting.png("house", ("Riverside", "Glan-yr-afon"), 165)
    header = painting.png("view", ("Riverside", "Glan-yr-afon"), 165, painting.HEADER)
    assert Image.open(BytesIO(avatar)).size == (400, 400)
    assert Image.open(BytesIO(header)).size == (1500, 500)
    assert len(header) < 60_000
    assert avatar == painting.png("house", ("Riverside", "Glan-yr-afon"), 165)
    assert avatar != painting.png("house", ("Riverside", "Glan-yr-afon"), 345)
    sky = Image.open(BytesIO(header)).convert("RGB").getpixel((5, 5))
    assert sky == painting.palette(165)["p0"]


def test_paths_are_read_as_browsers_read_them() -> None:
    assert list(painting.lines("M1 2h3v-4zM5 5l1.5-2 1 1")) == [
        [(1, 2), (4, 2), (4, -2)],
        [(5, 5), (6.5, 3), (7.5, 4)],
    ]
    curve = next(painting.lines("M0 0C0 10 10 10 10 0S20-10 20 0"))
    assert curve[painting.CURVE // 2] == pytest.approx((5, 7.5))
    assert curve[painting.CURVE + painting.CURVE // 2] == pytest.approx((15, -7.5))

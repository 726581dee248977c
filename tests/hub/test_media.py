"""Pictures come in any shape and go out small, upright and silent about where they were taken."""

import contextlib
import io
import threading
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from scene import open_hub

from hub import config, media
from hub.errors import Invalid, NotFound
from hub.media import prepare, save
from hub.store import Store

LIMITS = config.Media()
RED, BLUE = (200, 30, 30), (30, 30, 200)
FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
DATES, CAMERA, NUMBER, ORIENTATION, GPS = 0x0132, 0x0110, 0xA431, 0x0112, 0x8825


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (60, 40), **how: object) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    written = io.BytesIO()
    image.convert(mode).save(written, kind, **how)
    return written.getvalue()


def noted() -> Image.Exif:
    notes = Image.Exif()
    notes[CAMERA], notes[DATES], notes[NUMBER] = "Teulu 3000", "2026:05:01 09:00:00", "SERIAL-77"
    notes.get_ifd(GPS).update({1: "N", 2: (51.0, 28.0, 53.0), 3: "W", 4: (3.0, 10.0, 45.0)})
    return notes


def seen(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    assert image.format == "JPEG"
    assert image.mode == "RGB"
    return image


def like(colour: object, other: tuple[int, int, int]) -> bool:
    return isinstance(colour, tuple) and all(abs(a - b) < 40 for a, b in zip(colour, other, strict=True))


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_becomes_a_jpeg_in_two_sizes(kind: str) -> None:
    prepared = prepare(picture(kind, size=(2000, 1000)), limits=LIMITS)

    assert (prepared.width, prepared.height) == seen(prepared.full).size == (1600, 800)
    assert (prepared.small_width, prepared.small_height) == seen(prepared.small).size == (480, 240)
    assert prepared.mime == "image/jpeg"
    assert like(seen(prepared.full).getpixel((10, 10)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_each_kind_of_colour_is_understood(mode: str) -> None:
    prepared = prepare(picture("PNG", mode), limits=LIMITS)

    assert seen(prepared.full).size == (60, 40)


def test_a_small_picture_is_not_blown_up() -> None:
    prepared = prepare(picture(size=(30, 20)), limits=LIMITS)

    assert seen(prepared.full).size == seen(prepared.small).size == (30, 20)


def test_print_colours_and_deep_greys_look_as_they_should() -> None:
    grey = io.BytesIO()
    Image.new("I;16", (40, 40), 32_768).save(grey, "PNG")

    assert like(seen(prepare(picture("JPEG", "CMYK"), limits=LIMITS).full).getpixel((5, 5)), RED)
    assert like(seen(prepare(grey.getvalue(), limits=LIMITS).full).getpixel((5, 5)), (128, 128, 128))


def test_what_is_clear_becomes_white() -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(clear, "PNG")

    assert seen(prepare(clear.getvalue(), limits=LIMITS).full).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_camera_and_date_do_not_travel(kind: str) -> None:
    how: dict[str, object] = {"exif": noted(), "comment": b"SERIAL-77"} if kind == "JPEG" else {"exif": noted()}
    if kind == "PNG":
        how["pnginfo"] = PngImagePlugin.PngInfo()
        how["pnginfo"].add_text("Comment", "SERIAL-77")  # type: ignore[attr-defined]
    if kind == "WEBP":
        how["xmp"] = b"<x:xmpmeta>SERIAL-77</x:xmpmeta>"
    upload = picture(kind, size=(2000, 1000), **how)
    assert b"SERIAL-77" in upload

    prepared = prepare(upload, limits=LIMITS)

    for jpeg in (prepared.full, prepared.small):
        assert not seen(jpeg).getexif()
        assert set(seen(jpeg).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }
        assert not any(mark in jpeg for mark in (b"Exif", b"SERIAL", b"Teulu", b"2026:", b"xmpmeta", b"ICC_PROFILE"))


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom")],
)
def test_a_picture_taken_sideways_is_turned_upright(orientation: int, red_at: str) -> None:
    notes = Image.Exif()
    notes[ORIENTATION] = orientation

    prepared = prepare(picture("JPEG", size=(4000, 2000), exif=notes), limits=LIMITS)

    image = seen(prepared.full)
    assert image.size == ((1600, 800) if red_at in ("left", "right") else (1600, 3200))
    right, bottom = image.width - 10, image.height - 10
    corner = {"left": (10, bottom), "right": (right, 10), "top": (right, 10), "bottom": (10, bottom)}[red_at]
    assert like(image.getpixel(corner), RED)


def test_unreadable_notes_and_profiles_do_not_lose_the_picture() -> None:
    for upload in (
        picture("JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff"),
        picture("PNG", icc_profile=b"nonsense"),
    ):
        assert like(seen(prepare(upload, limits=LIMITS).full).getpixel((5, 5)), RED)


def test_a_profile_is_applied_before_it_is_dropped() -> None:
    lab_white = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    prepared = prepare(picture("JPEG", icc_profile=lab_white), limits=LIMITS)

    assert like(seen(prepared.full).getpixel((5, 5)), RED)
    assert "icc_profile" not in seen(prepared.full).info


def bilevel(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.new("1", (width, height)).save(written, "PNG")
    return written.getvalue()


def test_a_tiny_file_of_enormous_size_is_refused_from_its_header() -> None:
    upload = bilevel(13_000, 13_000)
    assert len(upload) < 25_000

    with pytest.raises(Invalid, match="at most 24 million") as refusal:
        prepare(upload, limits=LIMITS)

    assert refusal.value.field == "picture"


def test_a_size_that_only_the_header_claims_is_refused_too() -> None:
    honest = picture("PNG")
    claim = b"IHDR" + (60_000).to_bytes(4) + (60_000).to_bytes(4) + honest[24:29]
    forged = honest[:12] + claim + zlib.crc32(claim).to_bytes(4) + honest[33:]

    with pytest.raises(Invalid, match="at most 24 million"):
        prepare(forged, limits=LIMITS)


def test_what_the_darkroom_has_no_memory_for_is_refused_and_the_next_picture_works() -> None:
    hungry, written = config.Media(max_pixels=100_000_000), io.BytesIO()
    Image.new("P", (9_900, 9_900)).save(written, "PNG", transparency=0)

    with pytest.raises(Invalid, match="cannot be read"):
        prepare(written.getvalue(), limits=hungry)

    assert prepare(picture(), limits=hungry).width == 60


def test_notes_that_swell_when_unpacked_are_bounded() -> None:
    chunk = b"zTXt" + b"Comment\x00\x00" + zlib.compress(b"a" * 200_000_000)
    plain = picture("PNG")
    swollen = plain[:33] + (len(chunk) - 4).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) + plain[33:]

    with pytest.raises(Invalid, match="cannot be read"):
        prepare(swollen, limits=LIMITS)


def test_a_strip_as_long_as_a_street_stays_a_picture() -> None:
    assert prepare(bilevel(24_000, 1), limits=LIMITS).height == 1
    assert prepare(bilevel(2, 60_000), limits=LIMITS).height == 3200


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(Invalid, match="at most 16 MB"):
        prepare(b"\xff\xd8\xff" + b"x" * LIMITS.max_bytes, limits=LIMITS)


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"BM" + b"\x00" * 60,
        b"II*\x00" + b"\x00" * 60,
        b"\x00\x00\x00\x18ftypheic",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b" \xff\xd8\xff",
        b"RIFF\x00\x00\x00\x00WAVE",
    ],
)
def test_what_is_no_photograph_is_refused_by_its_first_bytes(upload: bytes) -> None:
    with pytest.raises(Invalid, match="JPEG, PNG, WebP or GIF"):
        prepare(upload, limits=LIMITS)


def test_a_first_line_is_not_enough_to_be_a_picture() -> None:
    for upload in (b"GIF89a<script>alert(1)</script>", b"\xff\xd8\xff<svg/>", b"\x89PNG\r\n\x1a\n" + b"BM" * 40):
        with pytest.raises(Invalid, match="cannot be read"):
            prepare(upload, limits=LIMITS)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_page_hidden_in_a_picture_does_not_survive(kind: str) -> None:
    page = b"<script>alert(document.cookie)</script>"

    prepared = prepare(picture(kind) + page, limits=LIMITS)

    assert page not in prepared.full + prepared.small
    assert b"<script" not in prepared.full + prepared.small


@pytest.mark.parametrize("kind", FORMATS)
def test_a_torn_file_is_refused_with_a_reason(kind: str) -> None:
    whole = picture(kind, size=(400, 300))

    for length in (12, len(whole) // 3, len(whole) // 2):
        with pytest.raises(Invalid, match=r"cannot be read|Use a picture"):
            prepare(whole[:length], limits=LIMITS)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(FORMATS), at=st.floats(0, 1), junk=st.binary(min_size=1, max_size=40))
def test_a_damaged_file_is_a_picture_or_refused_and_nothing_else(kind: str, at: float, junk: bytes) -> None:
    whole = picture(kind)
    start = int(at * len(whole))

    with contextlib.suppress(Invalid):
        prepared = prepare(whole[:start] + junk + whole[start + len(junk) :], limits=LIMITS)
        assert seen(prepared.full).size == (prepared.width, prepared.height)


def test_many_at_once_are_all_served_in_turn() -> None:
    done: list[int] = []
    threads = [threading.Thread(target=lambda: done.append(prepare(picture(), limits=LIMITS).width)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == [60] * 4


def test_the_same_picture_is_kept_once_and_nothing_half_is_left(tmp_path: Path) -> None:
    prepared = prepare(picture(), limits=LIMITS)

    first, second = save(tmp_path, prepared), save(tmp_path, prepared)

    assert first == second
    assert first.bytes == len(prepared.full) + len(prepared.small)
    assert media.path(tmp_path, first.key, "full").read_bytes() == prepared.full
    assert media.path(tmp_path, first.key, "small").read_bytes() == prepared.small
    assert sorted(found.name for found in tmp_path.rglob("*.*")) == [f"{first.key}.jpg", f"{first.key}.small.jpg"]


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "a/" * 32, "a" * 65]
)
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFound):
        media.path(tmp_path, key, "full")


def test_no_size_leads_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        media.path(tmp_path, "a" * 64, "../full")  # type: ignore[arg-type]


async def test_a_picture_is_noted_with_its_owner_and_what_it_shows(store: Store, tmp_path: Path) -> None:
    steward = await store.write(open_hub)
    stored = save(tmp_path, prepare(picture(), limits=LIMITS))

    noted = await store.write(media.add, stored, {"en": "A bench ", "cy": "Mainc", "pl": " "}, steward)

    assert await store.read(media.get, noted.id) == noted
    assert (noted.key, noted.width, noted.alt, noted.owner) == (
        stored.key,
        60,
        {"en": "A bench", "cy": "Mainc"},
        steward,
    )


async def test_a_description_that_is_too_long_is_refused(store: Store, tmp_path: Path) -> None:
    steward = await store.write(open_hub)
    stored = save(tmp_path, prepare(picture(), limits=LIMITS))

    for alt in ({"en": "x" * 1501}, {f"a{letter}": "é" * 1500 for letter in "abcdefg"}):
        with pytest.raises(Invalid) as refusal:
            await store.write(media.add, stored, alt, steward)
        assert refusal.value.field == "alt"


async def test_a_picture_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.read(media.get, 1)

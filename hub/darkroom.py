"""Where a picture is developed: a process of its own, poor in memory and time, that knows nothing of the hub.

`hub.media` runs this file as a script, gives it a picture on standard input, and takes from standard output one line of
JSON and the bytes that it announces. Whatever a hostile picture does, it does it here.
"""

import io
import json
import resource
import sys

MEMORY = 512 * 1024 * 1024  # bytes of address space
SECONDS = 10  # of computing
FULL, SMALL = (1600, 3200), (480, 960)  # pixels, width and height at most
QUALITY = 82  # of JPEG, 1 to 95
ORIENTATION = 0x0112  # EXIF's number for it
PROFILE = "icc_profile"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def lock_in() -> None:
    """Before anything of the picture is read: bounds that only end with the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    lock_in()

from PIL import Image, ImageCms  # noqa: E402 - its own start-up counts, too


def develop(picture: bytes, max_pixels: int) -> tuple[dict[str, object], bytes]:
    """The picture upright, without anything but its pixels, in two sizes of JPEG; or why not."""
    Image.MAX_IMAGE_PIXELS = None  # ours is stricter, and counts before decoding
    with Image.open(io.BytesIO(picture), formats=FORMATS) as opened:
        if opened.width * opened.height > max_pixels:
            return {"refused": "pixels"}, b""
        opened.draft("RGB", FULL)
        turn = _TURNS.get(_orientation(opened))
        lying = turn in _LYING
        # Small first: every step after it then costs next to nothing.
        image = _fit(_in_full_colours(opened), (FULL[1], FULL[0]) if lying else FULL)
    full = _on_white(_in_srgb(image if turn is None else image.transpose(turn)))
    small = _fit(full, SMALL)
    first, second = _jpeg(full), _jpeg(small)
    facts: dict[str, object] = {
        "width": full.width,
        "height": full.height,
        "small_width": small.width,
        "small_height": small.height,
        "full": len(first),
        "small": len(second),
    }
    return facts, first + second


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = [_TURNS[orientation] for orientation in (5, 6, 7, 8)]  # those that change width for height


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # notes of a camera that cannot be read are no reason to refuse its picture
        return 1


def _in_full_colours(image: Image.Image) -> Image.Image:
    """A mode that can be made smaller without loss: palettes and 16 bits are not."""
    image.load()
    if image.mode.startswith("I"):
        return image.point(lambda grey: grey * (1 / 256)).convert("L")
    if "transparency" in image.info or image.mode in ("LA", "PA"):
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours that the profile means, since the profile itself does not travel."""
    profile = image.info.get(PROFILE)
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = image.mode if image.mode in ("RGB", "RGBA") else "RGB"
        return ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile: the colours are off, the picture is there
        return image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _fit(image: Image.Image, most: tuple[int, int]) -> Image.Image:
    scale = min(most[0] / image.width, most[1] / image.height)
    if scale >= 1:
        return image
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _jpeg(image: Image.Image) -> bytes:
    image.info = {}  # comments travel in here
    written = io.BytesIO()
    image.save(written, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return written.getvalue()


def main() -> None:
    try:
        facts, developed = develop(sys.stdin.buffer.read(), int(sys.argv[1]))
    except Exception as problem:  # whatever the decoder makes of it: it is no picture for us
        facts, developed = {"refused": type(problem).__name__}, b""
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + developed)


if __name__ == "__main__":
    main()

"""Any file becomes a small new picture, or a refusal with its reason; none brings down what decodes it."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from surveys.picturing import LARGEST, PictureError, pictures
from tests.cast import a_logo

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_png_that_claims(width, height, data=b""):
    """A file of a few bytes that says it is as large as that."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def opened(png):
    image = Image.open(io.BytesIO(png))
    image.load()
    return image


BAD = {
    "nothing at all": (b"", "empty"),
    "SVG": (SVG, "svg"),
    "SVG with a declaration": (b'\xef\xbb\xbf \n<?xml version="1.0"?>' + SVG, "svg"),
    "SVG after a comment": (b"<!-- made by hand -->" + SVG, "svg"),
    "text that is called PNG": (b"This is a logo, trust me.", "unknown"),
    "a page": (b"<html><body>logo</body></html>", "unknown"),
    "PDF": (b"%PDF-1.7\n", "unknown"),
    "TIFF, which we do not take": (a_logo(kind="TIFF"), "unknown"),
    "1.1 MB": (a_logo() + b"\0" * (LARGEST + 100_000 - len(a_logo())), "too_large"),
    "a truncated PNG": (a_logo(noisy=True)[:-4000], "broken"),
    "a truncated JPEG": (a_logo(noisy=True, mode="RGB", kind="JPEG")[:-4000], "broken"),
    "a truncated GIF": (a_logo(noisy=True, mode="L", kind="GIF")[:4000], "broken"),
    "only a head": (b"\x89PNG\r\n\x1a\n", "unknown"),
    "a PNG without pixels": (a_png_that_claims(300, 200), "broken"),
    "a bomb": (a_png_that_claims(50_000, 50_000, b"\0" * 5_000_000), "big"),
    "a bomb within the sides": (a_png_that_claims(6_000, 6_000, b"\0" * 5_000_000), "big"),
    "20000 by 1": (a_logo(size=(20_000, 1), mode="L", noisy=True), "big"),
    "a line": (a_logo(size=(2_000, 20)), "thin"),
    "a pole": (a_logo(size=(200, 700)), "thin"),
    "a dot": (a_logo(size=(32, 32)), "small"),
    "nothing to see": (a_logo(color=(0, 0, 0, 0)), "blank"),
    "hardly anything to see": (a_logo(size=(3000, 3000), color=(0, 0, 0, 0)), "blank"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_logo_is_refused_with_its_reason(name):
    raw, reason = BAD[name]
    with pytest.raises(PictureError) as refused:
        pictures(raw)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("RGBA", "P", "L", "I;16", "1", "LA")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("WEBP", "RGBA"), ("GIF", "P")),
    ],
)
def test_every_kind_of_picture_becomes_two_small_ones(kind, mode):
    picture = Image.new("RGBA", (400, 200), (200, 30, 60, 255)).convert("I" if mode == "I;16" else mode)
    written = io.BytesIO()
    (picture.convert("I;16") if mode == "I;16" else picture).save(written, kind)
    made = pictures(written.getvalue())
    for png, most in ((made.page, 60 * 1024), (made.mail, 30 * 1024)):
        assert png.startswith(b"\x89PNG")
        assert len(png) <= most
        assert opened(png).size >= (made.width, made.height)


def test_noise_becomes_small_too():
    made = pictures(a_logo(size=(900, 400), mode="RGB", kind="JPEG", noisy=True))
    assert len(made.page) <= 60 * 1024
    assert len(made.mail) <= 30 * 1024


def test_nothing_that_a_file_says_about_itself_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    raw = a_logo(mode="RGB", kind="JPEG", exif=exif, comment=b"secret words")
    assert b"secret words" in raw
    made = pictures(raw)
    for png in (made.page, made.mail):
        assert not opened(png).info.keys() - {"transparency"}
        assert b"secret" not in png
        assert b"home" not in png


def test_a_photo_that_lies_on_its_side_is_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    made = pictures(a_logo(size=(400, 200), mode="RGB", kind="JPEG", exif=exif))
    assert made.height > made.width


def test_the_first_frame_of_a_moving_picture_is_the_logo():
    frames = [Image.new("RGB", (200, 100), color) for color in ("#cc0000", "#00cc00")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    red, green, _ = opened(pictures(written.getvalue()).page).convert("RGB").getpixel((5, 5))
    assert red > green


def test_empty_borders_are_cut_off():
    image = Image.new("RGBA", (1000, 1000))
    ImageDraw.Draw(image).rectangle((300, 450, 700, 550), fill=(200, 0, 0))
    written = io.BytesIO()
    image.save(written, "PNG")
    made = pictures(written.getvalue())
    assert made.width / made.height == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize(
    ("color", "chip"),
    [
        ((10, 10, 10), "dark"),
        ((11, 29, 79), "dark"),
        ((255, 255, 255), "light"),
        ((0, 150, 136), ""),
        ((200, 0, 30), ""),
    ],
)
def test_a_logo_gets_a_chip_where_it_would_not_be_seen(color, chip):
    assert pictures(a_logo(color=color)).chip == chip


def test_a_logo_without_holes_brings_its_own_ground():
    assert pictures(a_logo(color=(10, 10, 10), mode="RGB", kind="JPEG")).chip == ""


@pytest.mark.parametrize("size", [(64, 64), (64, 7), (640, 64), (3000, 3000), (200, 590), (3200, 320)])
def test_a_logo_is_never_shown_large(size):
    made = pictures(a_logo(size=size))
    assert made.width <= 200
    assert made.height <= 48
    assert made.width * made.height <= 4300


@given(st.binary(max_size=400), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF", b""]))
def test_no_bytes_break_it(raw, start):
    with pytest.raises(PictureError):
        pictures(start + raw)


@given(st.integers(0, 2000), st.integers(0, 255))
def test_no_changed_byte_breaks_it(place, value):
    raw = bytearray(a_logo(size=(120, 80)))
    raw[place % len(raw)] = value
    try:
        made = pictures(bytes(raw))
    except PictureError:
        return
    assert opened(made.page)

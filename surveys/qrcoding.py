"""An address as a QR code: black on white, with the quiet margin that cameras need, readable when a tenth is worn."""

from __future__ import annotations

import io

import segno


def svg(address: str) -> bytes:
    """As lines of any size, for print."""
    out = io.BytesIO()
    code(address).save(out, kind="svg", border=4, light="#fff", svgclass=None, lineclass=None, omitsize=True, nl=False)
    return out.getvalue()


def png(address: str) -> bytes:
    """As dots, about a thousand wide."""
    made = code(address)
    out = io.BytesIO()
    made.save(out, kind="png", border=4, light="#fff", scale=max(1, 1000 // made.symbol_size(border=4)[0]))
    return out.getvalue()


def code(address: str) -> segno.QRCode:
    return segno.make(address, error="m", micro=False)

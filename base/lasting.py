"""What lives as long as the process, kept out of the collector's sight."""

from __future__ import annotations

import gc


def keep() -> None:
    """Take modules, models and all else that is there now out of garbage collection; call it once an app is made.

    The collector looked through some 300,000 such objects again and again: a fifth of the time of pages and exports.
    """
    gc.collect()
    gc.freeze()

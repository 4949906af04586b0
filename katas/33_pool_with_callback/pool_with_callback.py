"""Fetch pages in worker processes, and hear of each one in the main process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def fetch_all(
    urls: Iterable[str],
    fetch: Callable[[str], Any],
    on_page: Callable[[Any], object],
    on_error: Callable[[Exception], object],
) -> int:
    """Call `fetch(url)` for each url in a pool of processes, and return the number of pages.

    Of each page `on_page(page)` is called in this process, of each exception `on_error(error)`.
    When a callback has raised, raise its exception, after all others have been called.
    """
    # TODO: apply_async can call back, with the result or with the exception
    # TODO: what becomes of the pool when a callback raises?
    raise NotImplementedError("fetch_all is still to be written")

"""Connections: an error leaves nothing behind."""

from __future__ import annotations

import gc
import multiprocessing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.primitives.conftest import Watching


def test_an_error_of_a_connection_does_not_keep_the_message_alive(watching: Watching) -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    reader.close()
    gc.collect()
    gc.disable()
    try:
        raised = False
        try:
            writer.send("nobody will read this")
        except BrokenPipeError:
            raised = True
        garbage = gc.collect()
    finally:
        gc.enable()
        writer.close()

    assert raised
    assert garbage == 0

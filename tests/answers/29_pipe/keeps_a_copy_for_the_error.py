"""The child keeps a second descriptor of its write end, for its error: the producer may have closed the first."""

from __future__ import annotations

import contextlib
import os
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection


class _Failed:
    def __init__(self, error):
        self.error = error


def _child(r, w, producer, args):
    r.close()
    spare = Connection(os.dup(w.fileno()), readable=False)
    try:
        producer(w, *args)
    except Exception as e:
        spare.send(_Failed(e))
    finally:
        spare.close()
        w.close()


def collect(producer, *args):
    r, w = Pipe(duplex=False)
    p = Process(target=_child, args=(r, w, producer, args))
    p.start()
    w.close()
    got = []
    with r, contextlib.suppress(EOFError):
        while True:
            got.append(r.recv())
    p.join()
    code = p.exitcode
    p.close()
    if got and type(got[-1]) is _Failed:
        raise got[-1].error
    if code:
        raise RuntimeError(code)
    return got

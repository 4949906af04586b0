"""Takes an exception that was sent last for one that was raised.

expect: failure, lost-exception
test: test_*exception*
"""

from __future__ import annotations

from multiprocessing import Pipe, Process


def produce(r, w, er, ew, producer, args):
    r.close()
    er.close()
    try:
        producer(w, *args)
    except Exception as e:
        w.send(e)
    w.close()
    ew.close()


def collect(producer, *args):
    r, w = Pipe(duplex=False)
    er, ew = Pipe(duplex=False)
    child = Process(target=produce, args=(r, w, er, ew, producer, args))
    child.start()
    w.close()
    ew.close()
    items = []
    try:
        while True:
            items.append(r.recv())
    except EOFError:
        pass
    error = None
    try:
        error = er.recv()
    except EOFError:
        pass
    r.close()
    er.close()
    child.join()
    if items and isinstance(items[-1], Exception):
        error = items[-1]
    if error is not None:
        raise error
    if child.exitcode != 0:
        raise RuntimeError("killed")
    return items

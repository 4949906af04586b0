"""The exception comes back through a SimpleQueue; the loop is an iterator over recv."""

from __future__ import annotations

import multiprocessing


def _child(recv_end, send_end, troubles, producer, args):
    recv_end.close()
    try:
        producer(send_end, *args)
    except Exception as exc:
        troubles.put(exc)
    finally:
        send_end.close()
        troubles.close()


def _receive(connection):
    while True:
        try:
            item = connection.recv()
        except EOFError:
            break
        yield item


def collect(producer, *args):
    recv_end, send_end = multiprocessing.Pipe(duplex=False)
    troubles = multiprocessing.SimpleQueue()
    p = multiprocessing.Process(
        target=_child, args=(recv_end, send_end, troubles, producer, args), daemon=True
    )
    p.start()
    send_end.close()
    with recv_end:
        items = [*_receive(recv_end)]
    p.join()
    exc = None if troubles.empty() else troubles.get()
    troubles.close()
    if exc is not None:
        raise exc
    if p.exitcode != 0:
        raise RuntimeError(f"killed by signal {-p.exitcode}")
    return items

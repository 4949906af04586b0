"""Terminates the child at the end of the pipe; the producer may still have something to do.

expect: failure
test: test_the_child_has_ended*
"""

from __future__ import annotations

from multiprocessing import Pipe, Process


class Raised:
    def __init__(self, error):
        self.error = error


def produce(reader, writer, producer, args):
    reader.close()
    try:
        producer(writer, *args)
    except Exception as error:
        writer.send(Raised(error))


def collect(producer, *args):
    reader, writer = Pipe(duplex=False)
    child = Process(target=produce, args=(reader, writer, producer, args))
    child.start()
    writer.close()
    items = []
    try:
        while True:
            items.append(reader.recv())
    except EOFError:
        reader.close()
    child.join(0.1)
    child.terminate()
    child.join()
    if items and isinstance(items[-1], Raised):
        raise items[-1].error
    if child.exitcode not in (0, -15):
        raise RuntimeError(child.exitcode)
    return items

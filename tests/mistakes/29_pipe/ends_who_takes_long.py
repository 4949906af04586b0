"""Waits a second for the child to end, then ends it.

expect: failure
test: test_items_and_the_child*
"""

from multiprocessing import Pipe, Process


def produce(ends, producer, args):
    reader, writer, error_reader, error_writer = ends
    reader.close()
    error_reader.close()
    with writer, error_writer:
        try:
            producer(writer, *args)
        except Exception as error:
            error_writer.send(error)


def collect(producer, *args):
    reader, writer = Pipe(duplex=False)
    error_reader, error_writer = Pipe(duplex=False)
    ends = reader, writer, error_reader, error_writer
    child = Process(target=produce, args=(ends, producer, args))
    child.start()
    writer.close()
    error_writer.close()
    with reader, error_reader:
        items, errors = list(until_end(reader)), list(until_end(error_reader))
    child.join(1)
    if child.is_alive():
        child.terminate()
        child.join()
    if errors:
        raise errors[0]
    if child.exitcode not in (0, -15):
        raise RuntimeError(child.exitcode)
    return items


def until_end(reader):
    try:
        while True:
            yield reader.recv()
    except EOFError:
        pass

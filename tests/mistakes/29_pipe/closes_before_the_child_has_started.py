"""Closes the write end before the child has been started, and so has its copy.

expect: failure
test: test_what_is_sent*
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
    writer.close()
    child.start()
    error_writer.close()
    with reader, error_reader:
        items, errors = list(until_end(reader)), list(until_end(error_reader))
    child.join()
    if errors:
        raise errors[0]
    if child.exitcode != 0:
        raise RuntimeError(child.exitcode)
    return items


def until_end(reader):
    try:
        while True:
            yield reader.recv()
    except EOFError:
        pass

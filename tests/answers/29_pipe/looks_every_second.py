"""Looks once a second whether something has come, until the end has, and waits for the child likewise."""

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
    while child.is_alive():
        child.join(1)
    if errors:
        raise errors[0]
    if child.exitcode != 0:
        raise RuntimeError(child.exitcode)
    return items


def until_end(reader):
    try:
        while True:
            if reader.poll(1):
                yield reader.recv()
    except EOFError:
        pass

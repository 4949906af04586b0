"""One pipe only: an exception comes wrapped, as the last item; a Process subclass."""

from __future__ import annotations

import multiprocessing as mp


class Child(mp.Process):
    def __init__(self, reader, writer, producer, args):
        super().__init__(name="producer")
        self.reader, self.writer = reader, writer
        self.producer, self.args = producer, args

    def run(self):
        self.reader.close()
        try:
            self.producer(self.writer, *self.args)
        except BaseException as error:
            self.writer.send(Wrapped(error))
        finally:
            self.writer.close()


class Wrapped:
    def __init__(self, error):
        self.error = error


def collect(producer, *args):
    reader, writer = mp.Pipe(False)
    child = Child(reader, writer, producer, args)
    child.start()
    writer.close()
    got = []
    try:
        while True:
            got.append(reader.recv())
    except EOFError:
        pass
    finally:
        reader.close()
        child.join()
        code = child.exitcode
        child.close()
    if got and isinstance(got[-1], Wrapped):
        raise got[-1].error
    if code:
        raise RuntimeError(f"producer died: {code}")
    return got

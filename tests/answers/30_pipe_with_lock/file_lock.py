"""A lock that multiprocessing does not know: flock on a temporary file."""

from __future__ import annotations

import fcntl
import tempfile
from multiprocessing import Pipe, Process, Queue


class FileLock:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def worker(receiver, sender, path, results, handle):
    sender.close()
    lock = FileLock(path)
    while True:
        with lock:
            try:
                place, item = receiver.recv()
            except EOFError:
                return
        try:
            results.put((place, handle(item), None))
        except Exception as error:
            results.put((place, None, error))


def fan_out(items, workers, handle):
    receiver, sender = Pipe(duplex=False)
    results = Queue()
    with tempfile.NamedTemporaryFile() as file:
        team = [
            Process(target=worker, args=(receiver, sender, file.name, results, handle))
            for _ in range(workers)
        ]
        for process in team:
            process.start()
        receiver.close()
        for message in enumerate(items):
            sender.send(message)
        sender.close()
        rows = sorted((results.get() for _ in items), key=lambda row: row[0])
        for process in team:
            process.join()
    results.close()
    results.join_thread()
    for _, _, error in rows:
        if error is not None:
            raise error
    return [result for _, result, _ in rows]

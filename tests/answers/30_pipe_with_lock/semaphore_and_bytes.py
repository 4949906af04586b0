"""Whole pickles by recv_bytes, under a semaphore of one; a pipe of results for each consumer."""

from __future__ import annotations

import pickle
from multiprocessing import Pipe, Process, Semaphore
from multiprocessing.connection import wait
from threading import Thread


def _consume(inbox, outbox, unneeded, turn, handle):
    for end in unneeded:
        end.close()
    while True:
        try:
            with turn:
                message = inbox.recv_bytes()
        except EOFError:
            return
        place, item = pickle.loads(message)
        outbox.send((place, _try(handle, item)))


class _Error:
    def __init__(self, exception):
        self.exception = exception


def _try(handle, item):
    try:
        return handle(item)
    except Exception as exception:
        return _Error(exception)


def fan_out(items, workers, handle):
    inbox, feed = Pipe(duplex=False)
    turn = Semaphore(1)
    processes, mine = [], []
    for _ in range(workers):
        here, there = Pipe(duplex=False)
        process = Process(target=_consume, args=(inbox, there, [feed, here, *mine], turn, handle))
        process.start()
        there.close()
        processes.append(process)
        mine.append(here)
    inbox.close()
    results = {}
    feeder = Thread(target=_feed, args=(feed, items))
    feeder.start()
    while mine:
        _collect(mine, results)
    feeder.join()
    for process in processes:
        process.join()
    ordered = [results[place] for place in range(len(items))]
    for result in ordered:
        if isinstance(result, _Error):
            raise result.exception
    return ordered


def _feed(feed, items):
    with feed:
        for place, item in enumerate(items):
            feed.send_bytes(pickle.dumps((place, item)))


def _collect(ends, results):
    for end in wait(list(ends)):
        if not _receive(end, results):
            ends.remove(end)
            end.close()


def _receive(end, results):
    try:
        place, result = end.recv()
    except EOFError:
        return False
    results[place] = result
    return True

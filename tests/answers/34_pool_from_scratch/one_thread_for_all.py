"""One thread waits for all workers at once, and is woken through a pipe of its own."""

import contextlib
import multiprocessing
import threading
import traceback
from collections import deque
from multiprocessing.connection import wait


def serve(connection):
    for fn, args in iter(connection.recv, None):
        try:
            connection.send((fn(*args), None))
        except Exception as error:  # noqa: PERF203 - the worker goes on
            connection.send((None, error))


class Hand:
    def __init__(self):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=serve, args=(other,))
        self.process.start()
        other.close()
        self.job = None

    def dismiss(self):
        with contextlib.suppress(OSError):
            self.pipe.send(None)
        self.pipe.close()
        self.process.join()


class MiniPool:
    def __init__(self, size):
        if size < 1:
            raise ValueError(f"size must be at least 1, not {size}")
        self.guard = threading.Lock()
        self.line = deque()
        self.state = "open"
        self.bell, self.rope = multiprocessing.Pipe(duplex=False)
        self.hands = [Hand() for _ in range(size)]
        self.thread = threading.Thread(target=self.run, name="pool")
        self.thread.start()

    def apply_async(self, fn, args=(), callback=None, error_callback=None):
        with self.guard:
            if self.state != "open":
                raise ValueError("pool not running")
            self.line.append((fn, tuple(args), callback, error_callback))
            self.rope.send_bytes(b"!")

    def close(self):
        with self.guard:
            if self.state == "open":
                self.state = "closed"
                self.rope.send_bytes(b"!")

    def terminate(self):
        with self.guard:
            if self.state != "over":
                self.state = "terminated"
                self.rope.send_bytes(b"!")

    def join(self):
        if self.state == "open":
            raise ValueError("pool is still running")
        self.thread.join()

    def run(self):
        while self.step():
            busy = [hand for hand in self.hands if hand.job]
            ready = wait(
                [self.bell, *(hand.pipe for hand in busy), *(hand.process.sentinel for hand in busy)]
            )
            if self.bell in ready:
                self.bell.recv_bytes()
            for hand in busy:
                if hand.pipe in ready or hand.process.sentinel in ready:
                    self.finished(hand)
        with self.guard:
            self.state = "over"
            self.rope.close()
        self.bell.close()
        for hand in self.hands:
            hand.dismiss()

    def step(self):
        """Hand out what waits; false when it is over."""
        with self.guard:
            if self.state == "terminated":
                for hand in self.hands:
                    hand.process.kill()
                return False
            for hand in self.hands:
                if not hand.job and self.line:
                    hand.job = self.line.popleft()
                    hand.pipe.send(hand.job[:2])
            return self.state == "open" or any(hand.job for hand in self.hands)

    def finished(self, hand):
        _, _, callback, error_callback = hand.job
        hand.job = None
        try:
            result, error = hand.pipe.recv()
        except (EOFError, OSError):
            result, error = None, RuntimeError("a worker died")
            hand.dismiss()
            self.hands[self.hands.index(hand)] = Hand()
        if error is None:
            if callback:
                callback(result)
        elif error_callback:
            error_callback(error)
        else:
            traceback.print_exception(type(error), error, error.__traceback__)

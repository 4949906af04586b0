"""The file stays open; flush sends an event through the queue, behind the lines before it."""

import queue
import threading


class BackgroundLog:
    def __init__(self, path):
        self._queue = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._error = None
        self._thread = threading.Thread(target=self._run, args=(path,))
        self._thread.start()

    def _run(self, path):
        try:
            with open(path, "a", encoding="utf-8") as file:
                self._serve(file)
        except Exception as error:
            self._error = error
            self._refuse()

    def _serve(self, file):
        while True:
            message = self._queue.get()
            if message is None:
                return
            if isinstance(message, str):
                file.write(message + "\n")
                continue
            try:
                file.flush()
            except Exception as error:
                self._error = error
            message.set()

    def _refuse(self):
        while True:
            message = self._queue.get()
            if message is None:
                return
            if not isinstance(message, str):
                message.set()

    def write(self, line):
        with self._lock:
            if self._closed:
                raise ValueError("closed")
            self._queue.put(line)

    def flush(self):
        done = threading.Event()
        with self._lock:
            if self._closed:
                return
            self._queue.put(done)
        done.wait()
        self._complain()

    def close(self):
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._complain()

    def _complain(self):
        if self._error is not None:
            raise self._error

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

"""A list under a condition; the thread takes all that is there, writes it at once, and counts."""

import threading


class BackgroundLog:
    def __init__(self, path):
        self.path = path
        self.cond = threading.Condition()
        self.pending = []
        self.taken = self.written = 0
        self.closed = False
        self.error = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def write(self, line):
        with self.cond:
            if self.closed:
                raise ValueError("write to closed log")
            self.pending.append(line)
            self.taken += 1
            self.cond.notify_all()

    def run(self):
        while True:
            with self.cond:
                self.cond.wait_for(lambda: self.pending or self.closed)
                batch, self.pending = self.pending, []
                if not batch:
                    return
            error = None
            try:
                with open(self.path, "a", encoding="utf-8") as f:
                    f.writelines(line + "\n" for line in batch)
            except Exception as e:
                error = e
            with self.cond:
                self.error = self.error or error
                self.written += len(batch)
                self.cond.notify_all()

    def flush(self):
        with self.cond:
            target = self.taken
            self.cond.wait_for(lambda: self.written >= target)
            if self.error:
                raise self.error

    def close(self):
        with self.cond:
            already, self.closed = self.closed, True
            self.cond.notify_all()
        self.thread.join()
        if self.error and not already:
            raise self.error

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

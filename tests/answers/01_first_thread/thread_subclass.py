"""A subclass of Thread that keeps its outcome."""

from threading import Thread


class Job(Thread):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn
        self.error = None

    def run(self):
        try:
            self.value = self.fn()
        except Exception as e:
            self.error = e


def run_all(jobs):
    threads = [Job(fn) for fn in jobs]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for t in threads:
        if t.error is not None:
            raise t.error
    return [t.value for t in threads]

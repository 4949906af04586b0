"""A condition tells those who ask that the outcome is there."""

from threading import Condition, Thread


class ResultThread(Thread):
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        Thread.__init__(self, group=group, name=name, daemon=daemon)
        self.target, self.arguments, self.named = target, args, kwargs or {}
        self.changed = Condition()
        self.outcome = None

    def run(self):
        try:
            value = None if self.target is None else self.target(*self.arguments, **self.named)
            outcome = (True, value)
        except BaseException as error:
            outcome = (False, error)
        with self.changed:
            self.outcome = outcome
            self.changed.notify_all()

    def result(self, timeout=None):
        with self.changed:
            if not self.changed.wait_for(lambda: self.outcome is not None, timeout):
                raise TimeoutError
            well, value = self.outcome
        if well:
            return value
        raise value

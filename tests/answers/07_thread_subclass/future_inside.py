"""A future inside, filled by run."""

import concurrent.futures
import threading


class ResultThread(threading.Thread):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._future = concurrent.futures.Future()

    def run(self):
        try:
            value = self._target(*self._args, **self._kwargs) if self._target else None
        except BaseException as error:
            self._future.set_exception(error)
        else:
            self._future.set_result(value)

    def result(self, timeout=None):
        try:
            return self._future.result(timeout)
        except concurrent.futures.TimeoutError:
            if self._future.done():  # it was the target that raised it
                raise
            raise TimeoutError from None

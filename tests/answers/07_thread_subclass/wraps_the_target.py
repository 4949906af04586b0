"""Hands a wrapped target to Thread, and lets Thread's own run call it."""

import threading


class ResultThread(threading.Thread):
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, **more):
        self.__done = threading.Event()
        self.__value = self.__error = None

        def call(*args, **kwargs):
            try:
                if target is not None:
                    self.__value = target(*args, **kwargs)
            except BaseException as e:
                self.__error = e
            finally:
                self.__done.set()

        super().__init__(group, call, name, args, kwargs, **more)

    def run(self):
        super().run()

    def result(self, timeout=None):
        if not self.__done.wait(timeout):
            raise TimeoutError("not yet")
        if self.__error:
            raise self.__error
        return self.__value

"""get() makes room and tells nobody.

expect: stalled
test: test_a_put_into*
"""

from collections import deque
from threading import Condition, Lock


class Closed(Exception):
    pass


class Full(Exception):
    pass


class Empty(Exception):
    pass


class BoundedBuffer:
    def __init__(self, capacity):
        self._capacity = capacity
        self._items = deque()
        self._closed = False
        self._lock = Lock()
        self._not_empty = Condition(self._lock)
        self._not_full = Condition(self._lock)

    def put(self, item, timeout=None):
        with self._lock:
            while len(self._items) == self._capacity and not self._closed:
                if not self._not_full.wait(timeout):
                    raise Full
            if self._closed:
                raise Closed
            self._items.append(item)
            self._not_empty.notify()

    def get(self, timeout=None):
        with self._lock:
            while not self._items and not self._closed:
                if not self._not_empty.wait(timeout):
                    raise Empty
            if not self._items:
                raise Closed
            item = self._items.popleft()
            return item

    def close(self):
        with self._lock:
            self._closed = True
            self._not_empty.notify_all()
            self._not_full.notify_all()

    def __len__(self):
        with self._lock:
            return len(self._items)

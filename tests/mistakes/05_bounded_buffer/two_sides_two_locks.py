"""Each side has its own lock and condition: the wake-up comes between the look and the sleep.

expect: stalled, race
test: test_a_put_into_a_full_buffer_waits_until_there_is_room
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
        self._not_empty = Condition()
        self._not_full = Condition()

    def put(self, item, timeout=None):
        with self._lock:
            while len(self._items) == self._capacity and not self._closed:
                self._lock.release()
                try:
                    with self._not_full:
                        if not self._not_full.wait(timeout):
                            raise Full
                finally:
                    self._lock.acquire()
            if self._closed:
                raise Closed
            self._items.append(item)
        with self._not_empty:
            self._not_empty.notify()

    def get(self, timeout=None):
        with self._lock:
            while not self._items and not self._closed:
                self._lock.release()
                try:
                    with self._not_empty:
                        if not self._not_empty.wait(timeout):
                            raise Empty
                finally:
                    self._lock.acquire()
            if not self._items:
                raise Closed
            item = self._items.popleft()
        with self._not_full:
            self._not_full.notify()
        return item

    def close(self):
        with self._lock:
            self._closed = True
        with self._not_empty:
            self._not_empty.notify_all()
        with self._not_full:
            self._not_full.notify_all()

    def __len__(self):
        with self._lock:
            return len(self._items)

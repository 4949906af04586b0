"""No lock: looks, then acts, and polls in between.

expect: race, spinning
test: test_two_consumers_share_what_one_producer_makes
"""

import time
from collections import deque


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

    def put(self, item, timeout=None):
        waited = 0.0
        while len(self._items) >= self._capacity and not self._closed:
            if timeout is not None and waited >= timeout:
                raise Full
            time.sleep(0.001)
            waited += 0.001
        if self._closed:
            raise Closed
        self._items.append(item)

    def get(self, timeout=None):
        waited = 0.0
        while not self._items:
            if self._closed:
                raise Closed
            if timeout is not None and waited >= timeout:
                raise Empty
            time.sleep(0.001)
            waited += 0.001
        return self._items.popleft()

    def close(self):
        self._closed = True

    def __len__(self):
        return len(self._items)

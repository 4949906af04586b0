"""Who gives up does not look whether its item was handed over at the last moment.

expect: race
test: test_*at_the_last_moment*
"""

import threading
from collections import deque


class Closed(Exception):
    pass


class Full(Exception):
    pass


class Empty(Exception):
    pass


class Waiter:
    def __init__(self, item=None):
        self.item = item
        self.gate = threading.Event()
        self.closed = False


class BoundedBuffer:
    def __init__(self, capacity):
        self._capacity = capacity
        self._lock = threading.Lock()
        self._items = deque()
        self._getters = deque()
        self._putters = deque()
        self._closed = False

    def put(self, item, timeout=None):
        with self._lock:
            if self._closed:
                raise Closed
            if self._getters:
                getter = self._getters.popleft()
                getter.item = item
                getter.gate.set()
                return
            if len(self._items) < self._capacity:
                self._items.append(item)
                return
            me = Waiter(item)
            self._putters.append(me)
        self._sleep(me, self._putters, timeout, Full)

    def get(self, timeout=None):
        with self._lock:
            if self._items:
                item = self._items.popleft()
                if self._putters:
                    putter = self._putters.popleft()
                    self._items.append(putter.item)
                    putter.gate.set()
                return item
            if self._closed:
                raise Closed
            me = Waiter()
            self._getters.append(me)
        self._sleep(me, self._getters, timeout, Empty)
        return me.item

    def _sleep(self, me, line, timeout, late):
        if not me.gate.wait(timeout):
            with self._lock:
                if me in line:
                    line.remove(me)
            raise late
        if me.closed:
            raise Closed

    def close(self):
        with self._lock:
            self._closed = True
            for line in (self._getters, self._putters):
                while line:
                    waiter = line.popleft()
                    waiter.closed = True
                    waiter.gate.set()

    def __len__(self):
        with self._lock:
            return len(self._items)

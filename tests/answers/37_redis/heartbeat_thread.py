"""A thread says that the worker lives; who says nothing for a second is dead. Counts by a transaction."""

import json
import os
import threading
import uuid


def push(client, job):
    client.rpush("todo", json.dumps(job))


class Heart(threading.Thread):
    def __init__(self, client, key):
        super().__init__(daemon=True)
        self.client, self.key = client, key
        self.still = threading.Event()
        self.beat()

    def beat(self):
        self.client.set(self.key, os.getpid(), px=1000)

    def run(self):
        while not self.still.wait(0.25):
            self.beat()


def work(client, handle, stop):
    me = uuid.uuid4().hex
    heart = Heart(client, "alive:" + me)
    client.sadd("workers", me)
    heart.start()
    try:
        while not stop.is_set():
            for worker in map(bytes.decode, client.smembers("workers")):
                if not client.exists("alive:" + worker):
                    while client.lmove("doing:" + worker, "todo", "LEFT", "LEFT"):
                        pass
                    client.srem("workers", worker)
            raw = client.lmove("todo", "doing:" + me, "LEFT", "RIGHT")
            if raw is None:
                stop.wait(0.1)
                continue
            handle(json.loads(raw))
            client.lrem("doing:" + me, 1, raw)
    finally:
        heart.still.set()
        heart.join()


def count(client, name):
    def add(pipe):
        value = int(pipe.get(name) or 0) + 1
        pipe.multi()
        pipe.set(name, value)
        return value

    return client.transaction(add, name, value_from_callable=True)

"""The path as a Path; the buyers are objects that report each seat in a queue, and then that they are done."""

import json
import multiprocessing as mp


def buy(path, lock):
    with lock:  # `path` is a Path
        data = json.loads(path.read_text())
        if data["seats"] <= 0:
            return False
        data["seats"] -= 1
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(data))
        temporary.replace(path)
        return True


class Buyer(mp.Process):
    def __init__(self, path, lock, sold):
        super().__init__()
        self.path, self.lock, self.sold = path, lock, sold

    def run(self):
        while True:
            bought = buy(self.path, self.lock)
            self.sold.put(bought)
            if not bought:
                return


def sell_out(path, buyers):
    lock, sold = mp.RLock(), mp.Queue()
    crowd = [Buyer(path, lock, sold) for _ in range(buyers)]
    for buyer in crowd:
        buyer.start()
    total, busy = 0, buyers
    while busy:
        if sold.get():
            total += 1
        else:
            busy -= 1
    for buyer in crowd:
        buyer.join()
    sold.close()
    sold.join_thread()
    return total

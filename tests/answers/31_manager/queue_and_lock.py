"""The parent splits; words go through a queue of the manager, and a multiprocessing.Lock guards the dict."""

import multiprocessing


class Worker(multiprocessing.Process):
    def __init__(self, words, counts, lock):
        super().__init__()
        self.words, self.counts, self.lock = words, counts, lock

    def run(self):
        while True:
            word = self.words.get()
            if word is None:
                return
            self.lock.acquire()
            try:
                if word in self.counts:
                    self.counts[word] += 1
                else:
                    self.counts[word] = 1
            finally:
                self.lock.release()


def tally(texts, workers):
    with multiprocessing.Manager() as manager:
        words, counts, lock = manager.Queue(), manager.dict(), multiprocessing.Lock()
        staff = [Worker(words, counts, lock) for _ in range(workers)]
        for worker in staff:
            worker.start()
        for text in texts:
            for word in text.split():
                words.put(word)
        for _ in staff:
            words.put(None)
        for worker in staff:
            worker.join()
        result = {}
        result.update(counts.items())
        return result

"""Each worker writes under a key of its own, so nobody needs a lock; the parent adds them up."""

from collections import Counter
from multiprocessing import Manager, Process


def work(shared, number, texts):
    shared[number] = dict(Counter(word for text in texts for word in text.split()))


def tally(texts, workers):
    with Manager() as manager:
        shared = manager.dict()
        processes = [Process(target=work, args=(shared, n, list(texts[n::workers]))) for n in range(workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        total = Counter()
        for counts in shared.values():
            total.update(counts)
    return dict(total)

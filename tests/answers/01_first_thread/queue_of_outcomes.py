"""The threads put numbered outcomes into a queue; the caller collects and sorts them."""

import queue
import threading


def run_all(jobs):
    outcomes = queue.Queue()

    def work(number, job):
        try:
            outcomes.put((number, True, job()))
        except BaseException as error:
            outcomes.put((number, False, error))

    threads = []
    for number, job in enumerate(jobs):
        thread = threading.Thread(target=work, args=(number, job), daemon=True)
        thread.start()
        threads.append(thread)
    found = sorted((outcomes.get() for _ in threads), key=lambda outcome: outcome[0])
    for thread in threads:
        thread.join()
    for _, well, value in found:
        if not well:
            raise value
    return [value for _, _, value in found]

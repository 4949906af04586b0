"""Takes threads for processes.

expect: failure
test: test_each_job_runs*
"""

from threading import Thread


def run_all(jobs):
    codes = [0] * len(jobs)

    def call(number, job):
        try:
            job()
        except Exception:
            codes[number] = 1

    threads = [Thread(target=call, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes

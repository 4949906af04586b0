"""Takes threads for processes.

expect: failure
test: test_jobs_run_in_other_processes
"""

import threading


def count_in_threads(jobs):
    results, errors = {}, {}

    def work(number, job):
        try:
            results[number] = bool(job())
        except Exception as error:
            errors[number] = error

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return sum(results.values())


count_in_processes = count_in_threads

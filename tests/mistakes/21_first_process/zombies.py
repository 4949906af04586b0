"""Learns by a queue how each job has ended, and leaves the processes unjoined.

expect: zombie, leaked-process
test: test_each_job_runs_in_a_process_of_its_own
"""

from multiprocessing import Process, SimpleQueue


def call(number, job, outcomes):
    try:
        job()
    except Exception:
        outcomes.put((number, 1))
    else:
        outcomes.put((number, 0))


def run_all(jobs):
    outcomes = SimpleQueue()
    for number, job in enumerate(jobs):
        Process(target=call, args=(number, job, outcomes)).start()
    codes = dict(outcomes.get() for _ in jobs)
    outcomes.close()
    return [codes[number] for number in range(len(jobs))]

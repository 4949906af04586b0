"""Calls the jobs itself.

expect: failure
test: test_jobs_run_in_other*
"""



def count_in_threads(jobs):
    return sum(bool(job()) for job in jobs)


count_in_processes = count_in_threads

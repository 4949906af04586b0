"""Makes nought or one of every exit code.

expect: failure
test: test_an_exit_code*
"""

from multiprocessing import Process


def run_all(jobs):
    ps = [Process(target=j) for j in jobs]
    for p in ps:
        p.start()
    for p in ps:
        p.join()
    codes = [int(p.exitcode != 0) for p in ps]
    for p in ps:
        p.close()
    return codes

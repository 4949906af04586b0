"""Takes a process that is not done after a second for one that hangs, and ends it.

expect: failure, abandoned-lock, stalled
test: test_jobs_and_places*
"""

from multiprocessing import Pipe, Process, Semaphore


def work(job, room, sender):
    with room:
        try:
            outcome = job(), None
        except BaseException as error:
            outcome = None, error
    sender.send(outcome)
    sender.close()


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError(limit)
    room, processes, receivers = Semaphore(limit), [], []
    for job in jobs:
        receiver, sender = Pipe(duplex=False)
        processes.append(Process(target=work, args=(job, room, sender)))
        processes[-1].start()
        sender.close()
        receivers.append(receiver)
    for process in processes:
        process.join(1)
        if process.is_alive():
            process.terminate()
            process.join()
    outcomes = [outcome_from(receiver) for receiver in receivers]
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]


def outcome_from(receiver):
    with receiver:
        try:
            return receiver.recv()
        except EOFError:
            return None, None

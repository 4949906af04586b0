"""A subclass of Process with a pipe of its own; the semaphore is taken around the job and the sending."""

import multiprocessing
import multiprocessing.connection


class Job(multiprocessing.Process):
    def __init__(self, function, semaphore):
        super().__init__()
        self.function = function
        self.semaphore = semaphore
        self.receiver, self.sender = multiprocessing.Pipe(duplex=False)

    def run(self):
        with self.semaphore:
            try:
                answer = ("result", self.function())
            except Exception as error:
                answer = ("error", error)
            self.sender.send(answer)


def run_limited(jobs, limit):
    if limit < 1:
        raise ValueError("limit must be at least 1")
    semaphore = multiprocessing.Semaphore(limit)
    running = [Job(function, semaphore) for function in jobs]
    for job in running:
        job.start()
    by_end = {job.receiver: job for job in running}
    while by_end:
        for receiver in multiprocessing.connection.wait(list(by_end)):
            job = by_end.pop(receiver)
            job.answer = receiver.recv()
            receiver.close()
            job.sender.close()
    for job in running:
        job.join()
    for job in running:
        kind, value = job.answer
        if kind == "error":
            raise value
    return [job.answer[1] for job in running]

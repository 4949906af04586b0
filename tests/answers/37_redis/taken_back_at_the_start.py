"""One list of taken jobs; a worker that starts puts them back, so that a job may be done twice."""


def push(client, job):
    client.lpush("queue", job.encode())


def work(client, handle, stop):
    while client.rpoplpush("processing", "queue"):
        pass
    while not stop():
        job = client.brpoplpush("queue", "processing", timeout=1)
        if job:
            handle(job.decode())
            client.lrem("processing", 0, job)


def count(client, name):
    return client.incrby(name)

"""Acknowledges in a finally, also a job that has raised.

expect: failure
test: test_job_that_raises*
"""

import pika

Q = "jobs"


def publish(channel, job):
    channel.queue_declare(Q, durable=True)
    channel.basic_publish("", Q, job.encode(), pika.BasicProperties(delivery_mode=2))


def consume(channel, handle):
    channel.queue_declare(Q, durable=True)
    channel.basic_qos(prefetch_count=1)

    def on_job(ch, method, props, body):
        try:
            handle(body.decode())
        finally:
            ch.basic_ack(method.delivery_tag)

    channel.basic_consume(Q, on_job)
    channel.start_consuming()

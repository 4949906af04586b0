"""Fetches one job after the other; a pause when there is none. An exchange of its own."""

import pika


def declare(channel):
    channel.exchange_declare("tasks", exchange_type="direct", durable=True)
    channel.queue_declare(queue="tasks", durable=True)
    channel.queue_bind("tasks", "tasks", routing_key="task")


def publish(channel, job):
    declare(channel)
    channel.confirm_delivery()
    channel.basic_publish("tasks", "task", job, pika.BasicProperties(delivery_mode=2), mandatory=True)


def consume(channel, handle):
    declare(channel)
    while True:
        method, _, body = channel.basic_get("tasks", auto_ack=False)
        if method is None:
            channel.connection.sleep(0.05)
            continue
        handle(body.decode())
        channel.basic_ack(method.delivery_tag)

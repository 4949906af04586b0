"""Iterates over `channel.consume`; a dead-letter queue beside."""

import json

import pika


def declare(channel):
    channel.queue_declare("dead", durable=True)
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
    channel.queue_declare("work", durable=True, arguments=arguments)


def publish(channel, job):
    declare(channel)
    message = json.dumps(job)
    properties = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent.value)
    channel.basic_publish(exchange="", routing_key="work", body=message, properties=properties)


def consume(channel, handle):
    declare(channel)
    channel.basic_qos(prefetch_count=1)
    for method, _, body in channel.consume("work"):
        done(channel, handle, method.delivery_tag, json.loads(body))


def done(channel, handle, tag, job):
    try:
        handle(job)
    except Exception:
        channel.basic_reject(tag, requeue=False)
    else:
        channel.basic_ack(tag)

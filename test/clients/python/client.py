"""confluent-kafka for Python, one command a run: ADDRESS COMMAND ARGUMENTS.

Records travel as lines, "partition timestamp key value headers", as test/support/clients-records.ts writes and reads them.
"""

import base64
import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def produce(address, topic, codec):
    producer = Producer({
        "bootstrap.servers": address, "compression.type": codec, "enable.idempotence": True, "linger.ms": 5, "log_level": 2,
    })
    failures = []

    def delivered(error, _message):
        if error is not None:
            failures.append(error)

    for line in sys.stdin:
        partition, timestamp, key, value, headers = line.rstrip("\n").split(" ")
        more = {} if timestamp == "-" else {"timestamp": int(timestamp)}
        producer.produce(topic, value=unfield(value), key=unfield(key), partition=int(partition), headers=unheaders(headers), on_delivery=delivered, **more)
        producer.poll(0)
    producer.flush(60)
    if failures:
        raise KafkaException(failures[0])


def group(address, topic, name, count):
    consumer = new_consumer(address, name)
    consumer.subscribe([topic])
    read = 0
    while read < int(count):
        for message in consumer.consume(500, 0.5):
            show(message)
            read += 1
    consumer.commit(asynchronous=False)
    admin = AdminClient({"bootstrap.servers": address})  # its futures end only while it lives
    seen = admin.describe_consumer_groups([name])[name].result()
    print("group", seen.state.name.capitalize(), len(seen.members))
    consumer.close()


def at(address, topic, partition, timestamp):
    consumer = new_consumer(address, "seek")
    [found] = consumer.offsets_for_times([TopicPartition(topic, int(partition), int(timestamp))], 10)
    consumer.assign([found])
    while (message := consumer.poll(0.5)) is None:
        pass
    show(message)
    consumer.close()


def missing(address, topic):
    consumer = new_consumer(address, "missing")
    print(consumer.list_topics(topic, 10).topics[topic].error)
    consumer.close()


def create(address, topic, partition_count):
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.create_topics([NewTopic(topic, int(partition_count), 1)], operation_timeout=30).values():
        future.result()


def list_topics(address):
    for topic in AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).topics:
        print(topic)


def delete(address, topic):
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.delete_topics([topic], operation_timeout=30).values():
        future.result()


def new_consumer(address, name):
    return Consumer({
        "bootstrap.servers": address, "group.id": name, "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "allow.auto.create.topics": False, "fetch.wait.max.ms": 200, "log_level": 2,
    })


def show(message):
    if message.error() is not None:
        raise KafkaException(message.error())
    headers = ",".join(f"{field(name.encode())}:{field(value)}" for name, value in message.headers() or [])
    print(message.offset(), message.partition(), message.timestamp()[1], field(message.key()), field(message.value()), headers or ".")


def field(value):
    return "-" if value is None else "+" + base64.b64encode(value).decode()


def unfield(text):
    return None if text == "-" else base64.b64decode(text[1:])


def unheaders(text):
    pairs = [] if text == "." else [header.split(":") for header in text.split(",")]
    return [(unfield(name).decode(), unfield(value)) for name, value in pairs]


COMMANDS = {"produce": produce, "group": group, "at": at, "missing": missing, "create": create, "list": list_topics, "delete": delete}

COMMANDS[sys.argv[2]](sys.argv[1], *sys.argv[3:])

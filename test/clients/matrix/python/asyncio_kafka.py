"""aiokafka from PyPI. Its coroutines run on one event loop in a thread; the scenario waits for each."""

import asyncio
import logging
import threading

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from scenario import Absent, main, Record

logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


def wait(coroutine, timeout=40):
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout)


class AioKafka:
    name = "aiokafka"
    version = aiokafka.__version__
    on = None

    def __init__(self, address):
        self._base = {"bootstrap_servers": address}
        self._admin = wait(self._started(AIOKafkaAdminClient))

    async def _started(self, kind, *args, **config):
        made = kind(*args, **self._base, **config)
        await made.start()
        return made

    def create(self, topic, partitions, configs):
        answer = wait(self._admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)]))
        for error in answer.topic_errors:
            if error[1]:
                raise for_code(error[1])(topic)

    def produce(self, topic, records, codec, idempotent=False):
        wait(self._produce(topic, records, codec, idempotent))

    async def _produce(self, topic, records, codec, idempotent):
        producer = await self._started(
            AIOKafkaProducer, compression_type=None if codec == "none" else codec, acks="all", enable_idempotence=idempotent, linger_ms=5,
        )
        sent = [await producer.send(topic, record.value, record.key, record.partition, record.timestamp, record.headers) for record in records]
        await asyncio.gather(*sent)
        await producer.stop()

    def read(self, topic, partitions, committed=False):
        return wait(self._read(topic, partitions, committed))

    async def _read(self, topic, partitions, committed):
        consumer = await self._started(
            AIOKafkaConsumer, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=100,
            isolation_level="read_committed" if committed else "read_uncommitted",
        )
        assigned = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(assigned)
        ends = await consumer.end_offsets(assigned)
        found = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            found.extend(records_of(await consumer.getmany(timeout_ms=200)))
        await consumer.stop()
        return sorted(found, key=lambda record: record.partition)

    def member(self, topic, group, protocol, isolation="read_uncommitted", batch=500):
        if protocol != "classic":
            raise Absent("groups of the consumer protocol")
        return Member(self, topic, batch, group_id=group, isolation_level=isolation)

    def committed(self, group, topic, partitions):
        found = wait(self._admin.list_consumer_group_offsets(group, partitions=[TopicPartition(topic, partition) for partition in range(partitions)]))
        return [found[TopicPartition(topic, partition)].offset for partition in range(partitions)]

    def at_time(self, topic, partition, timestamp):
        return wait(self._at_time(TopicPartition(topic, partition), timestamp))

    async def _at_time(self, partition, timestamp):
        consumer = await self._started(AIOKafkaConsumer, enable_auto_commit=False, fetch_max_wait_ms=100)
        consumer.assign([partition])
        consumer.seek(partition, (await consumer.offsets_for_times({partition: timestamp}))[partition].offset)
        record = await consumer.getone()
        await consumer.stop()
        return record_of(record)

    def topics(self):
        return wait(self._admin.list_topics())

    def partitions(self, topic):
        [found] = wait(self._admin.describe_topics([topic]))
        return sorted(partition["partition"] for partition in found["partitions"])

    def cluster(self):
        found = wait(self._admin.describe_cluster())
        return [broker["node_id"] for broker in found["brokers"]], found["controller_id"]

    def config(self, topic, name):
        [answer] = wait(self._admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))
        [resource] = answer.resources
        return next(entry[1] for entry in resource[4] if entry[0] == name)

    def group(self, group):
        [answer] = wait(self._admin.describe_consumer_groups([group]))
        [found] = answer.groups
        return found[2].lower(), len(found[5])

    def groups(self):
        return [group[0] for group in wait(self._admin.list_consumer_groups())]

    def alter_config(self, topic, name, value):
        for answer in wait(self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])):
            for resource in answer.resources:
                if resource[0]:
                    raise for_code(resource[0])(resource[1])

    def grow(self, topic, count):
        wait(self._admin.create_partitions({topic: NewPartitions(count)}))

    def delete_records(self, topic, partition, before):
        wait(self._admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before)}))

    def delete_group(self, group):
        raise Absent("the deletion of groups")

    def delete(self, topic):
        wait(self._admin.delete_topics([topic]))

    def transaction(self, name):
        return Transaction(wait(self._started(AIOKafkaProducer, transactional_id=name, linger_ms=5, transaction_timeout_ms=60_000)))


class Member:
    def __init__(self, library, topic, batch, **config):
        self._library = library
        self._config = {**config, "auto_offset_reset": "earliest", "enable_auto_commit": False, "fetch_max_wait_ms": 100, "heartbeat_interval_ms": 500}
        self._topic = topic
        self._batch = batch

    def open(self):
        self.consumer = wait(self._library._started(AIOKafkaConsumer, self._topic, **self._config), 70)

    def poll(self):
        self._read = wait(self.consumer.getmany(timeout_ms=200, max_records=self._batch))
        return records_of(self._read)

    def commit(self):
        wait(self.consumer.commit())

    def assigned(self):
        return {partition.partition for partition in self.consumer.assignment()}

    def position(self):
        return {partition: records[-1].offset + 1 for partition, records in self._read.items()}

    def group(self):
        return self._config["group_id"]

    def rewind(self):
        for partition, records in self._read.items():
            self.consumer.seek(partition, records[0].offset)

    def close(self):
        wait(self.consumer.stop())


class Transaction:
    def __init__(self, producer):
        self._producer = producer
        self._sent = []

    def begin(self):
        wait(self._producer.begin_transaction())

    def send(self, topic, partition, value):
        self._sent.append(wait(self._producer.send(topic, value, partition=partition)))

    def send_offsets(self, member):
        wait(self._producer.send_offsets_to_transaction(member.position(), member.group()))

    def flush(self):
        wait(self._producer.flush())

    def commit(self):
        wait(self._producer.commit_transaction())

    def abort(self):
        wait(self._producer.abort_transaction())

    def close(self):
        wait(self._producer.stop())


def records_of(polled):
    return [record_of(record) for records in polled.values() for record in records]


def record_of(record):
    return Record(record.partition, record.key, record.value, list(record.headers), record.timestamp)


if __name__ == "__main__":
    main(AioKafka)

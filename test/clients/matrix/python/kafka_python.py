"""kafka-python from PyPI."""

import logging

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.structs import OffsetAndMetadata

from scenario import Absent, main, Record

logging.getLogger("kafka").setLevel(logging.CRITICAL)


class KafkaPython:
    name = "kafka-python"
    version = kafka.__version__
    on = None

    def __init__(self, address):
        self._base = {"bootstrap_servers": address}
        self._admin = KafkaAdminClient(**self._base)

    def create(self, topic, partitions, configs):
        self._admin.create_topics({topic: {"num_partitions": partitions, "replication_factor": 1, "configs": configs}})

    def produce(self, topic, records, codec, idempotent=False):
        producer = KafkaProducer(**self._base, compression_type=None if codec == "none" else codec, acks="all", enable_idempotence=idempotent, linger_ms=5)
        sent = [producer.send(topic, record.value, record.key, record.headers, record.partition, record.timestamp) for record in records]
        producer.flush(30)
        for future in sent:
            future.get(0)
        producer.close()

    def read(self, topic, partitions, committed=False):
        consumer = KafkaConsumer(
            **self._base, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=100,
            isolation_level="read_committed" if committed else "read_uncommitted",
        )
        assigned = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(assigned)
        ends = consumer.end_offsets(assigned)
        found = []
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            found.extend(records_of(consumer.poll(200)))
        consumer.close()
        return sorted(found, key=lambda record: record.partition)

    def member(self, topic, group, protocol, isolation="read_uncommitted", batch=500):
        if protocol != "classic":
            raise Absent("groups of the consumer protocol")
        return Member({**self._base, "group_id": group, "isolation_level": isolation, "max_poll_records": batch}, topic)

    def committed(self, group, topic, partitions):
        found = self._admin.list_group_offsets({group: [TopicPartition(topic, partition) for partition in range(partitions)]})[group]
        return [found[TopicPartition(topic, partition)].offset for partition in range(partitions)]

    def at_time(self, topic, partition, timestamp):
        consumer = KafkaConsumer(**self._base, enable_auto_commit=False, fetch_max_wait_ms=100)
        assigned = TopicPartition(topic, partition)
        consumer.assign([assigned])
        consumer.seek(assigned, consumer.offsets_for_times({assigned: timestamp})[assigned].offset)
        while not (records := records_of(consumer.poll(200))):
            pass
        consumer.close()
        return records[0]

    def topics(self):
        return self._admin.list_topics()

    def partitions(self, topic):
        [found] = self._admin.describe_topics([topic])
        return sorted(partition["partition_index"] for partition in found["partitions"])

    def cluster(self):
        found = self._admin.describe_cluster()
        return [broker["broker_id"] for broker in found["brokers"]], found["controller_id"]

    def config(self, topic, name):
        found = self._admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
        return found["topic"][topic][name]["value"]

    def group(self, group):
        found = self._admin.describe_groups([group])[group]
        return found["group_state"].lower(), len(found["members"])

    def groups(self):
        return [group["group_id"] for group in self._admin.list_groups()]

    def alter_config(self, topic, name, value):
        self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])

    def grow(self, topic, count):
        self._admin.create_partitions({topic: count})

    def delete_records(self, topic, partition, before):
        self._admin.delete_records({TopicPartition(topic, partition): before})

    def delete_group(self, group):
        self._admin.delete_groups([group])

    def delete(self, topic):
        self._admin.delete_topics([topic])

    def transaction(self, name):
        return Transaction({**self._base, "transactional_id": name, "linger_ms": 5, "transaction_timeout_ms": 60_000})


class Member:
    def __init__(self, config, topic):
        self._config = {**config, "auto_offset_reset": "earliest", "enable_auto_commit": False, "fetch_max_wait_ms": 100}
        self._topic = topic

    def open(self):
        self.consumer = KafkaConsumer(**self._config)
        self.consumer.subscribe([self._topic])

    def poll(self):
        self._read = self.consumer.poll(200)
        return records_of(self._read)

    def commit(self):
        self.consumer.commit()

    def assigned(self):
        return {partition.partition for partition in self.consumer.assignment()}

    def position(self):
        return {partition: OffsetAndMetadata(records[-1].offset + 1, "", -1) for partition, records in self._read.items()}

    def rewind(self):
        for partition, records in self._read.items():
            self.consumer.seek(partition, records[0].offset)

    def close(self):
        self.consumer.close()


class Transaction:
    def __init__(self, config):
        self._producer = KafkaProducer(**config)
        self._producer.init_transactions()

    def begin(self):
        self._producer.begin_transaction()

    def send(self, topic, partition, value):
        self._producer.send(topic, value, partition=partition)

    def send_offsets(self, member):
        self._producer.send_offsets_to_transaction(member.position(), member.consumer.group_metadata())

    def flush(self):
        self._producer.flush(30)

    def commit(self):
        self._producer.commit_transaction()

    def abort(self):
        self._producer.abort_transaction()

    def close(self):
        self._producer.close()


def records_of(polled):
    return [
        Record(record.partition, record.key, record.value, record.headers, record.timestamp)
        for records in polled.values() for record in records
    ]


if __name__ == "__main__":
    main(KafkaPython)

"""confluent-kafka from PyPI, that is librdkafka as its wheel carries it."""

import confluent_kafka
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic
from confluent_kafka import TopicCollection

from scenario import main, Record


class Confluent:
    name = "confluent-kafka"
    version = confluent_kafka.version()
    on = f"librdkafka {confluent_kafka.libversion()[0]}"

    def __init__(self, address):
        self._base = {"bootstrap.servers": address, "log_level": 2}
        self._admin = AdminClient(self._base)

    def create(self, topic, partitions, configs):
        [future] = self._admin.create_topics([NewTopic(topic, partitions, 1, config=configs)], operation_timeout=30).values()
        future.result()

    def produce(self, topic, records, codec, idempotent=False):
        producer = Producer({**self._base, "compression.type": codec, "enable.idempotence": idempotent, "linger.ms": 5})
        for record in records:
            more = {} if record.timestamp is None else {"timestamp": record.timestamp}
            producer.produce(topic, value=record.value, key=record.key, partition=record.partition, headers=record.headers, on_delivery=delivered, **more)
        assert producer.flush(30) == 0, "not all were delivered"

    def read(self, topic, partitions, committed=False):
        consumer = Consumer({
            **self._base, "group.id": "none", "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 100,
            "isolation.level": "read_committed" if committed else "read_uncommitted",
        })
        consumer.assign([TopicPartition(topic, partition) for partition in range(partitions)])
        found, ended = [], set()
        while len(ended) < partitions:
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            else:
                found.append(record_of(message))
        consumer.close()
        return sorted(found, key=lambda record: record.partition)

    def member(self, topic, group, protocol, isolation="read_uncommitted", batch=500):
        return Member({**self._base, "group.id": group, "group.protocol": protocol, "isolation.level": isolation}, topic, batch)

    def committed(self, group, topic, partitions):
        asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition) for partition in range(partitions)])]
        found = self._admin.list_consumer_group_offsets(asked)[group].result()
        return [partition.offset for partition in sorted(found.topic_partitions, key=lambda each: each.partition)]

    def at_time(self, topic, partition, timestamp):
        consumer = Consumer({**self._base, "group.id": "none", "fetch.wait.max.ms": 100})
        [found] = consumer.offsets_for_times([TopicPartition(topic, partition, timestamp)], 10)
        consumer.assign([found])
        while (message := consumer.poll(1)) is None:
            pass
        consumer.close()
        return record_of(message)

    def topics(self):
        return list(self._admin.list_topics(timeout=10).topics)

    def partitions(self, topic):
        [future] = self._admin.describe_topics(TopicCollection([topic])).values()
        return [partition.id for partition in future.result().partitions]

    def cluster(self):
        found = self._admin.describe_cluster().result()
        return [node.id for node in found.nodes], found.controller.id

    def config(self, topic, name):
        [future] = self._admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]).values()
        return future.result()[name].value

    def group(self, group):
        found = self._admin.describe_consumer_groups([group])[group].result()
        return found.state.name.lower(), len(found.members)

    def groups(self):
        return [group.group_id for group in self._admin.list_consumer_groups().result().valid]

    def alter_config(self, topic, name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        [future] = self._admin.incremental_alter_configs([ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])]).values()
        future.result()

    def grow(self, topic, count):
        [future] = self._admin.create_partitions([NewPartitions(topic, count)], operation_timeout=30).values()
        future.result()

    def delete_records(self, topic, partition, before):
        [future] = self._admin.delete_records([TopicPartition(topic, partition, before)]).values()
        future.result()

    def delete_group(self, group):
        [future] = self._admin.delete_consumer_groups([group]).values()
        future.result()

    def delete(self, topic):
        [future] = self._admin.delete_topics([topic], operation_timeout=30).values()
        future.result()

    def transaction(self, name):
        return Transaction({**self._base, "transactional.id": name, "linger.ms": 5, "transaction.timeout.ms": 60_000})


class Member:
    def __init__(self, config, topic, batch):
        self._config = {**config, "auto.offset.reset": "earliest", "enable.auto.commit": False, "fetch.wait.max.ms": 100}
        self._topic = topic
        self._batch = batch

    def open(self):
        self.consumer = Consumer(self._config)
        self.consumer.subscribe([self._topic])
        self._read = []

    def poll(self):
        self._read = self.consumer.consume(self._batch, 0.2)
        return [record_of(message) for message in self._read]

    def commit(self):
        self.consumer.commit(asynchronous=False)

    def assigned(self):
        return {partition.partition for partition in self.consumer.assignment()}

    def position(self):
        return self.consumer.position(self.consumer.assignment())

    def rewind(self):
        first = {}
        for message in self._read:
            first.setdefault(message.partition(), message.offset())
        for partition, offset in first.items():
            self.consumer.seek(TopicPartition(self._topic, partition, offset))

    def close(self):
        self.consumer.close()


class Transaction:
    def __init__(self, config):
        self._producer = Producer(config)
        self._producer.init_transactions(30)

    def begin(self):
        self._producer.begin_transaction()

    def send(self, topic, partition, value):
        self._producer.produce(topic, value=value, partition=partition)

    def send_offsets(self, member):
        self._producer.send_offsets_to_transaction([each for each in member.position() if each.offset >= 0], member.consumer.consumer_group_metadata(), 30)

    def flush(self):
        self._producer.flush(30)

    def commit(self):
        self._producer.commit_transaction(30)

    def abort(self):
        self._producer.abort_transaction(30)

    def close(self):
        self._producer.flush(30)


def delivered(error, _message):
    if error is not None:
        raise KafkaException(error)


def record_of(message):
    if message.error():
        raise KafkaException(message.error())
    return Record(message.partition(), message.key(), message.value(), message.headers() or [], message.timestamp()[1])


if __name__ == "__main__":
    main(Confluent)

//! rdkafka, that is librdkafka as the crate carries it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millrace_matrix::{Library, Member, Outcome, Record, Transaction, failed, steps};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, DefaultConsumerContext};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::runtime::Runtime;

const LONG: Duration = Duration::from_secs(30);

struct RdKafka {
    runtime: Runtime,
    address: String,
    admin: AdminClient<DefaultClientContext>,
}

fn main() {
    let (_, native) = rdkafka::util::get_rdkafka_version();
    steps::main("rdkafka", Some(format!("librdkafka {native}")), |address| {
        let admin = ClientConfig::new().set("bootstrap.servers", address).create().expect("an admin client");
        Arc::new(RdKafka { runtime: Runtime::new().expect("a runtime"), address: address.into(), admin })
    });
}

/// Keeps why a record was not delivered.
#[derive(Default)]
struct Deliveries(Mutex<Option<String>>);

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, _: ()) {
        if let Err((error, _)) = result {
            self.0.lock().unwrap().get_or_insert(error.to_string());
        }
    }
}

struct RdTransaction(ThreadedProducer<Deliveries, NoCustomPartitioner>);

impl RdTransaction {
    fn send_record(&self, topic: &str, record: &Record) -> Outcome {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &record.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut one = BaseRecord::<[u8], str>::to(topic).partition(record.partition).payload(&record.value).headers(headers);
        one.key = record.key.as_deref();
        one.timestamp = record.timestamp;
        self.0.send(one).map_err(|(error, _)| error.into())
    }
}

impl Transaction for RdTransaction {
    fn begin(&self) -> Outcome {
        Ok(self.0.begin_transaction()?)
    }

    fn send(&self, topic: &str, partition: i32, value: &str) -> Outcome {
        self.send_record(topic, &Record::plain(partition, value.into()))
    }

    fn flush(&self) -> Outcome {
        self.0.flush(LONG)?;
        self.0.context().0.lock().unwrap().take().map_or(Ok(()), failed)
    }

    fn commit(&self) -> Outcome {
        Ok(self.0.commit_transaction(LONG)?)
    }

    fn abort(&self) -> Outcome {
        Ok(self.0.abort_transaction(LONG)?)
    }
}

fn record_of(message: &impl Message) -> Outcome<Record> {
    let headers = message.headers().map(|all| all.iter().map(|each| (each.key.to_string(), each.value.unwrap_or_default().to_vec())).collect());
    Ok(Record {
        partition: message.partition(),
        key: message.key().map(<[u8]>::to_vec),
        value: String::from_utf8(message.payload().unwrap_or_default().to_vec())?,
        headers: headers.unwrap_or_default(),
        timestamp: message.timestamp().to_millis(),
    })
}

impl RdKafka {
    fn config(&self, more: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.address);
        for (name, value) in more {
            config.set(*name, *value);
        }
        config
    }

    fn producer(&self, more: &[(&str, &str)]) -> Outcome<RdTransaction> {
        Ok(RdTransaction(self.config(&[more, &[("linger.ms", "5")]].concat()).create_with_context(Deliveries::default())?))
    }

    fn consumer(&self, group: &str, more: &[(&str, &str)]) -> Outcome<BaseConsumer> {
        let base = [("group.id", group), ("enable.auto.commit", "false"), ("auto.offset.reset", "earliest"), ("fetch.wait.max.ms", "100")];
        Ok(self.config(&[&base, more].concat()).create_with_context(DefaultConsumerContext)?)
    }

    fn read_from(&self, topic: &str, partition: i32, from: Offset, isolation: &str, show: &mut dyn FnMut(Record) -> bool) -> Outcome {
        let consumer = self.consumer("none", &[("isolation.level", isolation)])?;
        let mut assigned = TopicPartitionList::new();
        assigned.add_partition_offset(topic, partition, from)?;
        consumer.assign(&assigned)?;
        while match consumer.poll(Duration::from_millis(200)) {
            Some(message) => show(record_of(&message?)?),
            None => true,
        } {}
        Ok(())
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(LONG)).operation_timeout(Some(LONG))
    }

    /// The one answer of a request that was about one thing.
    fn one<T, E: std::fmt::Debug>(&self, answers: Vec<Result<T, E>>, why: impl FnOnce(&E) -> String) -> Outcome<T> {
        match answers.into_iter().next() {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => failed(why(&error)),
            None => failed("no answer"),
        }
    }
}

impl Library for RdKafka {
    fn create(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) -> Outcome {
        let mut wanted = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        for (name, value) in configs {
            wanted = wanted.set(name, value);
        }
        let answers = self.runtime.block_on(self.admin.create_topics(&[wanted], &self.options()))?;
        self.one(answers, |(_, code)| code.to_string()).map(drop)
    }

    fn produce(&self, topic: &str, records: &[Record], codec: &str, idempotent: bool) -> Outcome {
        let producer = self.producer(&[("compression.type", codec), ("enable.idempotence", if idempotent { "true" } else { "false" })])?;
        for record in records {
            producer.send_record(topic, record)?;
        }
        producer.flush()
    }

    fn read(&self, topic: &str, partition: i32, committed: bool, show: &mut dyn FnMut(Record) -> bool) -> Outcome {
        self.read_from(topic, partition, Offset::Beginning, if committed { "read_committed" } else { "read_uncommitted" }, show)
    }

    fn join(&self, topic: &str, group: &str, protocol: &str) -> Outcome<Member> {
        let timing: &[(&str, &str)] = if protocol == "classic" { &[("heartbeat.interval.ms", "500")] } else { &[] }; // the broker's, there
        let consumer = self.consumer(group, &[&[("group.protocol", protocol)], timing].concat())?;
        consumer.subscribe(&[topic])?;
        Ok(Member::start(move |voice| {
            while !voice.is_leaving() {
                if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                    let message = message?;
                    consumer.commit_message(&message, CommitMode::Sync)?;
                    voice.show(vec![record_of(&message)?]);
                }
                voice.assign(consumer.assignment()?.elements().iter().map(|each| each.partition()).collect());
            }
            Ok(()) // it leaves when it is dropped
        }))
    }

    fn committed(&self, group: &str, topic: &str, partitions: i32) -> Outcome<Vec<i64>> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(topic, 0, partitions - 1);
        let found = self.consumer(group, &[])?.committed_offsets(asked, LONG)?;
        Ok(found.elements().iter().map(|each| each.offset().to_raw().unwrap_or(-1)).collect())
    }

    fn at_time(&self, topic: &str, partition: i32, timestamp: i64) -> Outcome<Record> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition_offset(topic, partition, Offset::Offset(timestamp))?;
        let found = self.consumer("none", &[])?.offsets_for_times(asked, LONG)?;
        let Some(at) = found.find_partition(topic, partition) else { return failed("no offset") };
        let mut record = None;
        self.read_from(topic, partition, at.offset(), "read_uncommitted", &mut |one| {
            record = Some(one);
            false
        })?;
        record.map_or_else(|| failed("no record"), Ok)
    }

    fn topics(&self) -> Outcome<Vec<String>> {
        let metadata = self.admin.inner().fetch_metadata(None, LONG)?;
        Ok(metadata.topics().iter().map(|topic| topic.name().to_string()).collect())
    }

    fn partitions(&self, topic: &str) -> Outcome<Vec<i32>> {
        let metadata = self.admin.inner().fetch_metadata(Some(topic), LONG)?;
        let mut ids: Vec<_> = metadata.topics()[0].partitions().iter().map(|partition| partition.id()).collect();
        ids.sort();
        Ok(ids)
    }

    /// The library does not tell the controller.
    fn cluster(&self) -> Outcome<(Vec<i32>, Option<i32>)> {
        Ok((self.admin.inner().fetch_metadata(None, LONG)?.brokers().iter().map(|broker| broker.id()).collect(), None))
    }

    fn config(&self, topic: &str, name: &str) -> Outcome<String> {
        let answers = self.runtime.block_on(self.admin.describe_configs(&[ResourceSpecifier::Topic(topic)], &self.options()))?;
        let resource = self.one(answers, |code| code.to_string())?;
        resource.get(name).and_then(|entry| entry.value.clone()).map_or_else(|| failed(format!("no config {name}")), Ok)
    }

    fn alter_config(&self, topic: &str, name: &str, value: &str) -> Outcome {
        let wanted = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(name, value);
        let answers = self.runtime.block_on(self.admin.alter_configs(&[wanted], &self.options()))?;
        self.one(answers, |(_, code)| code.to_string()).map(drop)
    }

    fn grow(&self, topic: &str, count: i32) -> Outcome {
        let answers = self.runtime.block_on(self.admin.create_partitions(&[NewPartitions::new(topic, count as usize)], &self.options()))?;
        self.one(answers, |(_, code)| code.to_string()).map(drop)
    }

    fn group(&self, name: &str) -> Outcome<(String, usize)> {
        let found = self.admin.inner().fetch_group_list(Some(name), LONG)?;
        match found.groups().first() {
            Some(group) => Ok((group.state().into(), group.members().len())),
            None => failed("no such group"),
        }
    }

    fn groups(&self) -> Outcome<Vec<String>> {
        Ok(self.admin.inner().fetch_group_list(None, LONG)?.groups().iter().map(|group| group.name().to_string()).collect())
    }

    fn delete_records(&self, topic: &str, partition: i32, before: i64) -> Outcome {
        let mut wanted = TopicPartitionList::new();
        wanted.add_partition_offset(topic, partition, Offset::Offset(before))?;
        for answer in self.runtime.block_on(self.admin.delete_records(&wanted, &self.options()))?.elements() {
            answer.error()?;
        }
        Ok(())
    }

    fn delete_group(&self, name: &str) -> Outcome {
        let answers = self.runtime.block_on(self.admin.delete_groups(&[name], &self.options()))?;
        self.one(answers, |(_, code)| code.to_string()).map(drop)
    }

    fn delete(&self, topic: &str) -> Outcome {
        let answers = self.runtime.block_on(self.admin.delete_topics(&[topic], &self.options()))?;
        self.one(answers, |(_, code)| code.to_string()).map(drop)
    }

    fn transaction(&self, id: &str) -> Outcome<Box<dyn Transaction>> {
        let producer = self.producer(&[("transactional.id", id), ("transaction.timeout.ms", "60000")])?;
        producer.0.init_transactions(LONG)?;
        Ok(Box::new(producer))
    }

    fn process(&self, id: &str, source: &str, target: &str, count: usize) -> Outcome {
        let producer = self.producer(&[("transactional.id", id), ("transaction.timeout.ms", "60000")])?;
        producer.0.init_transactions(LONG)?;
        let consumer = self.consumer(id, &[("isolation.level", "read_committed")])?;
        consumer.subscribe(&[source])?;
        let (mut done, mut rounds) = (0, 0);
        while done < count {
            let mut batch = vec![];
            let mut starts = BTreeMap::new(); // where each partition of the batch begins
            while batch.len() < 7 {
                let Some(message) = consumer.poll(Duration::from_millis(100)) else { break };
                let message = message?;
                starts.entry(message.partition()).or_insert(message.offset());
                batch.push(record_of(&message)?);
            }
            if batch.is_empty() {
                continue;
            }
            rounds += 1;
            producer.begin()?;
            for record in &batch {
                producer.send(target, record.partition, &format!("from-{}", record.value))?;
            }
            producer.flush()?; // what is aborted was written: the library throws away what still waits
            let mut positions = TopicPartitionList::new();
            for each in consumer.position()?.elements().iter().filter(|each| matches!(each.offset(), Offset::Offset(_))) {
                positions.add_partition_offset(source, each.partition(), each.offset())?;
            }
            let Some(metadata) = consumer.group_metadata() else { return failed("no metadata of the group") };
            producer.0.send_offsets_to_transaction(&positions, &metadata, LONG)?;
            if rounds % 3 == 2 {
                producer.abort()?;
                for (partition, offset) in starts {
                    consumer.seek(source, partition, Offset::Offset(offset), LONG)?;
                }
            } else {
                producer.commit()?;
                done += batch.len();
            }
        }
        Ok(())
    }
}

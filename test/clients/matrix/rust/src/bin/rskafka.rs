//! rskafka: partitions, and little of the administration; no groups and no transactions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use millrace_matrix::{Library, Outcome, Record, absent, failed, steps};
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use tokio::runtime::Runtime;

struct RsKafka {
    runtime: Runtime,
    client: Client,
}

fn main() {
    steps::main("rskafka", None, |address| {
        let runtime = Runtime::new().expect("a runtime");
        let client = runtime.block_on(ClientBuilder::new(vec![address.into()]).build()).expect("a client");
        Arc::new(RsKafka { runtime, client })
    });
}

fn time(ms: Option<i64>) -> DateTime<Utc> {
    ms.and_then(DateTime::from_timestamp_millis).unwrap_or_else(|| SystemTime::now().into())
}

impl RsKafka {
    fn partition(&self, topic: &str, partition: i32) -> Outcome<PartitionClient> {
        Ok(self.runtime.block_on(self.client.partition_client(topic, partition, UnknownTopicHandling::Retry))?)
    }

    fn read_from(&self, topic: &str, partition: i32, from: OffsetAt, show: &mut dyn FnMut(Record) -> bool) -> Outcome {
        let client = self.partition(topic, partition)?;
        let mut offset = self.runtime.block_on(client.get_offset(from))?;
        loop {
            let (records, _) = self.runtime.block_on(client.fetch_records(offset, 1..1_000_000, 100))?;
            for found in records {
                offset = found.offset + 1;
                let record = Record {
                    partition,
                    key: found.record.key,
                    value: String::from_utf8(found.record.value.unwrap_or_default())?,
                    headers: found.record.headers.into_iter().collect(),
                    timestamp: Some(found.record.timestamp.timestamp_millis()),
                };
                if !show(record) {
                    return Ok(());
                }
            }
        }
    }
}

impl Library for RsKafka {
    fn create(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) -> Outcome {
        if !configs.is_empty() {
            return absent("configs");
        }
        Ok(self.runtime.block_on(self.client.controller_client()?.create_topic(topic, partitions, 1, 30_000))?)
    }

    fn produce(&self, topic: &str, records: &[Record], codec: &str, idempotent: bool) -> Outcome {
        if idempotent {
            return absent("idempotent producers");
        }
        let compression = match codec {
            "gzip" => Compression::Gzip,
            "snappy" => Compression::Snappy,
            "lz4" => Compression::Lz4,
            "zstd" => Compression::Zstd,
            _ => Compression::NoCompression,
        };
        let mut partitions: BTreeMap<i32, Vec<rskafka::record::Record>> = BTreeMap::new();
        for Record { partition, key, value, headers, timestamp } in records.iter().cloned() {
            let record =
                rskafka::record::Record { key, value: Some(value.into_bytes()), headers: headers.into_iter().collect(), timestamp: time(timestamp) };
            partitions.entry(partition).or_default().push(record);
        }
        for (partition, records) in partitions {
            self.runtime.block_on(self.partition(topic, partition)?.produce(records, compression))?;
        }
        Ok(())
    }

    fn read(&self, topic: &str, partition: i32, committed: bool, show: &mut dyn FnMut(Record) -> bool) -> Outcome {
        if committed { absent("transactions") } else { self.read_from(topic, partition, OffsetAt::Earliest, show) }
    }

    fn at_time(&self, topic: &str, partition: i32, timestamp: i64) -> Outcome<Record> {
        let mut found = None;
        self.read_from(topic, partition, OffsetAt::Timestamp(time(Some(timestamp))), &mut |record| {
            found = Some(record);
            false
        })?;
        found.map_or_else(|| failed("no record"), Ok)
    }

    fn topics(&self) -> Outcome<Vec<String>> {
        Ok(self.runtime.block_on(self.client.list_topics())?.into_iter().map(|topic| topic.name).collect())
    }

    fn partitions(&self, topic: &str) -> Outcome<Vec<i32>> {
        let found = self.runtime.block_on(self.client.list_topics())?.into_iter().find(|each| each.name == topic);
        found.map_or_else(|| failed("no such topic"), |topic| Ok(topic.partitions.into_iter().collect()))
    }

    fn delete(&self, topic: &str) -> Outcome {
        Ok(self.runtime.block_on(self.client.controller_client()?.delete_topic(topic, 30_000))?)
    }

    fn delete_records(&self, topic: &str, partition: i32, before: i64) -> Outcome {
        Ok(self.runtime.block_on(self.partition(topic, partition)?.delete_records(before, 30_000))?)
    }
}

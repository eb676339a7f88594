//! The steps themselves.

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::{Fault, Library, Member, Outcome, Record, failed};

/// Begins the value of a record that ends a read.
const MARK: &str = "end of the read ";
static READS: AtomicUsize = AtomicUsize::new(0);

pub struct Scenario {
    pub library: Arc<dyn Library>,
    pub prefix: String,
    /// What a step that is not done in time was waiting for.
    pub waiting: Arc<Mutex<&'static str>>,
}

fn equal<T: PartialEq + Debug>(seen: T, wanted: T, what: &str) -> Outcome {
    if seen == wanted { Ok(()) } else { failed(format!("{what}: {seen:.200?} instead of {wanted:.200?}")) }
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values
}

fn values(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.value.clone()).collect()
}

/// What of the calls' features the library lacks; absent where it lacks all of them.
fn without(outcomes: Vec<Outcome>) -> Outcome<String> {
    let count = outcomes.len();
    let mut lacks = vec![];
    for outcome in outcomes {
        match outcome {
            Err(Fault::Absent(what)) => lacks.push(what),
            other => other?,
        }
    }
    let all = lacks.join(", ");
    match lacks.len() {
        0 => Ok(String::new()),
        few if few < count => Ok(format!("without {all}")),
        _ => Err(Fault::Absent(all)),
    }
}

impl Scenario {
    /// Returns once the condition holds; the step's time ends the wait.
    fn wait(&self, what: &'static str, is_done: impl Fn() -> Outcome<bool>) -> Outcome {
        *self.waiting.lock().unwrap() = what;
        while !is_done()? {
            std::thread::sleep(Duration::from_millis(20));
        }
        *self.waiting.lock().unwrap() = "";
        Ok(())
    }

    /// Creates one and waits until it is listed.
    fn topic(&self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> Outcome<String> {
        let name = format!("{}-{name}", self.prefix);
        self.library.create(&name, partitions, configs)?;
        self.wait("the topic is listed", || Ok(self.library.topics()?.contains(&name)))?;
        Ok(name)
    }

    /// With a config, where the library has that.
    fn topic_with_retention(&self, name: &str, lacks: &mut Vec<Outcome>) -> Outcome<String> {
        match self.topic(name, 3, &[("retention.ms", "3600000")]) {
            Err(Fault::Absent(what)) => {
                lacks.push(Err(Fault::Absent(what)));
                self.topic(name, 3, &[])
            }
            other => other,
        }
    }

    /// All the records of a topic, of one partition after the other. What marks the end is written first: the libraries do not show where a
    /// partition ends, since markers of transactions are no records.
    fn read(&self, topic: &str, partitions: i32, committed: bool) -> Outcome<Vec<Record>> {
        let end = format!("{MARK}{}", READS.fetch_add(1, Ordering::Relaxed));
        let ends: Vec<_> = (0..partitions).map(|partition| Record::plain(partition, end.clone())).collect();
        self.library.produce(topic, &ends, "none", false)?;
        let mut found = vec![];
        for partition in 0..partitions {
            self.library.read(topic, partition, committed, &mut |record| {
                let is_more = record.value != end;
                if !record.value.starts_with(MARK) {
                    found.push(record);
                }
                is_more
            })?;
        }
        Ok(found)
    }

    fn fill(&self, topic: &str, partitions: i32, label: &str, count: i32) -> Outcome<Vec<String>> {
        let records: Vec<_> = (0..count).map(|at| Record::plain(at % partitions, format!("{label}-{at}"))).collect();
        self.library.produce(topic, &records, "none", false)?;
        Ok(values(&records))
    }

    pub fn produce(&self, codec: &str) -> Outcome<String> {
        let topic = self.topic(codec, 2, &[])?;
        let mut records: Vec<_> = (0..200)
            .map(|at| Record {
                partition: at % 2,
                key: (at % 5 != 0).then(|| format!("key-{at}").into_bytes()),
                value: format!("value {at} ").repeat(1 + at as usize % 40),
                headers: vec![("at".into(), at.to_string().into_bytes()), ("empty".into(), vec![])],
                timestamp: Some(1_700_000_000_000 + i64::from(at)),
            })
            .collect();
        self.library.produce(&topic, &records, codec, false)?;
        records.sort_by_key(|record| record.partition);
        equal(self.read(&topic, 2, false)?, records, "records read back")?;
        Ok(String::new())
    }

    pub fn idempotent(&self) -> Outcome<String> {
        let topic = self.topic("idempotent", 1, &[])?;
        let records: Vec<_> = (0..1000).map(|at| Record::plain(0, format!("value-{at}"))).collect();
        self.library.produce(&topic, &records, "none", true)?;
        equal(values(&self.read(&topic, 1, false)?), values(&records), "values read back")?;
        Ok(String::new())
    }

    pub fn group(&self, protocol: &str) -> Outcome<String> {
        let (topic, name) = (self.topic(&format!("group-{protocol}"), 6, &[])?, format!("{}-group-{protocol}", self.prefix));
        let mut wanted = self.fill(&topic, 6, "first", 60)?;
        let mut first = self.library.join(&topic, &name, protocol)?;
        self.wait("the first member reads all", || Ok(first.assigned()?.len() == 6 && first.count()? >= 60))?;
        let mut second = self.library.join(&topic, &name, protocol)?;
        self.wait("both have three", || {
            let (ours, theirs) = (first.assigned()?, second.assigned()?);
            Ok(ours.len() == 3 && theirs.len() == 3 && ours.is_disjoint(&theirs))
        })?;
        wanted.extend(self.fill(&topic, 6, "second", 60)?);
        let counts = |first: &Member, second: &Member| -> Outcome<usize> { Ok(first.count()? + second.count()?) };
        self.wait("both read", || Ok(counts(&first, &second)? >= 120))?;
        equal((first.count()?, second.count()?), (90, 30), "records of each")?;
        first.leave()?;
        self.wait("the second has all", || Ok(second.assigned()?.len() == 6))?;
        wanted.extend(self.fill(&topic, 6, "third", 60)?);
        self.wait("the second reads all", || Ok(counts(&first, &second)? >= 180))?;
        second.leave()?;
        equal(sorted([first.values()?, second.values()?].concat()), sorted(wanted), "records read by the group")?;
        Ok(String::new())
    }

    pub fn resume(&self) -> Outcome<String> {
        let (topic, name) = (self.topic("resume", 2, &[])?, format!("{}-resume", self.prefix));
        self.fill(&topic, 2, "first", 20)?;
        let mut first = self.library.join(&topic, &name, "classic")?;
        self.wait("the first reads", || Ok(first.count()? >= 20))?;
        first.leave()?;
        let wanted = self.fill(&topic, 2, "second", 30)?;
        equal(self.library.committed(&name, &topic, 2)?, vec![10, 10], "committed offsets")?;
        let mut second = self.library.join(&topic, &name, "classic")?;
        self.wait("the second reads", || Ok(second.count()? >= 30))?;
        second.leave()?;
        equal(sorted(second.values()?), sorted(wanted), "records of the second member")?;
        equal(self.library.committed(&name, &topic, 2)?, vec![25, 25], "committed offsets at the end")?;
        Ok(String::new())
    }

    pub fn seek(&self) -> Outcome<String> {
        let (topic, base) = (self.topic("seek", 2, &[])?, 1_700_000_000_000);
        let records: Vec<_> =
            (0..20).map(|at| Record { timestamp: Some(base + i64::from(at) * 1000), ..Record::plain(at % 2, format!("value-{at}")) }).collect();
        self.library.produce(&topic, &records, "none", false)?;
        let found = self.library.at_time(&topic, 1, base + 6500)?;
        equal((found.value.as_str(), found.timestamp), ("value-7", Some(base + 7000)), "record at or after the time")?;
        Ok(String::new())
    }

    pub fn create(&self) -> Outcome<String> {
        let mut parts = vec![Ok(())];
        let topic = self.topic_with_retention("created", &mut parts)?;
        match self.library.create(&topic, 3, &[]) {
            Err(Fault::Failed(why)) if why.to_lowercase().contains("exist") => without(parts),
            other => failed(format!("a second of the same name: {other:?}")),
        }
    }

    pub fn describe(&self) -> Outcome<String> {
        let topic = self.topic_with_retention("described", &mut vec![])?;
        equal(self.library.partitions(&topic)?, vec![0, 1, 2], "partitions")?;
        without(vec![Ok(()), self.describe_cluster(), self.describe_config(&topic), self.describe_group(&topic)])
    }

    fn describe_cluster(&self) -> Outcome {
        match self.library.cluster()? {
            (brokers, _) if brokers.is_empty() => failed("no broker"),
            (brokers, Some(id)) if !brokers.contains(&id) => failed(format!("cluster: {brokers:?}, controller {id}")),
            (_, Some(_)) => Ok(()),
            (_, None) => Err(Fault::Absent("the controller".into())),
        }
    }

    fn describe_config(&self, topic: &str) -> Outcome {
        equal(self.library.config(topic, "retention.ms")?, "3600000".into(), "retention.ms")
    }

    fn describe_group(&self, topic: &str) -> Outcome {
        let name = format!("{}-described", self.prefix);
        let mut member = self.library.join(topic, &name, "classic")?;
        self.wait("the member joined", || Ok(member.assigned()?.len() == 3))?;
        let (state, members) = self.library.group(&name)?;
        equal((state.to_lowercase().as_str(), members), ("stable", 1), "group")?;
        equal(self.library.groups()?.contains(&name), true, "the group is listed")?;
        member.leave()
    }

    pub fn alter(&self) -> Outcome<String> {
        let topic = self.topic("altered", 2, &[])?;
        let config = self.library.alter_config(&topic, "retention.ms", "7200000");
        let config = config.and_then(|()| self.wait("the config is as altered", || Ok(self.library.config(&topic, "retention.ms")? == "7200000")));
        let grown = self.library.grow(&topic, 4);
        let grown = grown.and_then(|()| self.wait("four partitions", || Ok(self.library.partitions(&topic)? == [0, 1, 2, 3])));
        without(vec![config, grown])
    }

    pub fn delete(&self) -> Outcome<String> {
        let topic = self.topic("deleted", 1, &[])?;
        let kept = self.fill(&topic, 1, "value", 10)?.split_off(4);
        self.library.delete_records(&topic, 0, 4)?;
        equal(values(&self.read(&topic, 1, false)?), kept, "records left")?;
        let group = self.delete_group(&topic);
        self.library.delete(&topic)?;
        self.wait("the topic is gone", || Ok(!self.library.topics()?.contains(&topic)))?;
        without(vec![Ok(()), group])
    }

    fn delete_group(&self, topic: &str) -> Outcome {
        let name = format!("{}-deleted", self.prefix);
        let mut member = self.library.join(topic, &name, "classic")?;
        self.wait("the member reads", || Ok(member.count()? >= 6))?;
        member.leave()?;
        self.library.delete_group(&name)?;
        self.wait("the group is gone", || Ok(!self.library.groups()?.contains(&name)))
    }

    pub fn transaction(&self) -> Outcome<String> {
        let topic = self.topic("transaction", 2, &[])?;
        let transaction = self.library.transaction(&format!("{}-transaction", self.prefix))?;
        let mut kept = vec![];
        for at in 0..12 {
            let label = if at % 3 == 1 { "dropped" } else { "kept" };
            transaction.begin()?;
            for partition in 0..2 {
                let value = format!("{label}-{at}-{partition}");
                transaction.send(&topic, partition, &value)?;
                kept.extend((label == "kept").then_some(value));
            }
            transaction.flush()?;
            if label == "kept" { transaction.commit()? } else { transaction.abort()? }
        }
        equal(sorted(values(&self.read(&topic, 2, true)?)), sorted(kept), "read committed")?;
        equal(self.read(&topic, 2, false)?.len(), 24, "read uncommitted")?;
        Ok(String::new())
    }

    pub fn process(&self) -> Outcome<String> {
        let (source, target) = (self.topic("source", 2, &[])?, self.topic("target", 2, &[])?);
        let name = format!("{}-process", self.prefix);
        let wanted = self.fill(&source, 2, "value", 60)?.iter().map(|value| format!("from-{value}")).collect();
        self.library.process(&name, &source, &target, 60)?;
        equal(sorted(values(&self.read(&target, 2, true)?)), sorted(wanted), "records that came out")?;
        equal(self.read(&target, 2, false)?.len() > 60, true, "records that were aborted")?;
        equal(self.library.committed(&name, &source, 2)?, vec![30, 30], "committed offsets")?;
        Ok(String::new())
    }

    pub fn zombie(&self) -> Outcome<String> {
        let (topic, name) = (self.topic("zombie", 1, &[])?, format!("{}-zombie", self.prefix));
        let first = self.library.transaction(&name)?;
        first.begin()?;
        first.send(&topic, 0, "dropped")?;
        first.flush()?;
        let second = self.library.transaction(&name)?;
        second.begin()?;
        second.send(&topic, 0, "kept")?;
        second.commit()?;
        let told = first.send(&topic, 0, "dropped too").and_then(|()| first.flush()).and_then(|()| first.commit());
        match told {
            Err(Fault::Failed(why)) if ["fenced", "epoch"].iter().any(|word| why.to_lowercase().contains(word)) => (),
            other => return failed(format!("the first was told {other:?}")),
        }
        equal(values(&self.read(&topic, 1, true)?), vec!["kept".into()], "read committed")?;
        Ok(String::new())
    }
}

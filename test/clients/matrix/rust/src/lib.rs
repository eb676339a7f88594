//! The scenario of the client matrix for libraries of Rust: a library is a `Library`. Each has its program in src/bin: matrix ADDRESS [STEP ...].
//! test/support/clients-matrix.ts tells what a program prints.

pub mod member;
pub mod scenario;
pub mod steps;

pub use member::Member;

/// Why a step is not passed.
#[derive(Debug)]
pub enum Fault {
    /// The library has no such feature; what is missing.
    Absent(String),
    Failed(String),
}

pub type Outcome<T = ()> = Result<T, Fault>;

impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Fault {
        Fault::Failed(error.to_string())
    }
}

pub fn absent<T>(what: &str) -> Outcome<T> {
    Err(Fault::Absent(what.into()))
}

pub fn failed<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Fault::Failed(why.into()))
}

/// As every library has one. `timestamp` is in ms; None: as the library sets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub partition: i32,
    pub key: Option<Vec<u8>>,
    pub value: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub timestamp: Option<i64>,
}

impl Record {
    pub fn plain(partition: i32, value: String) -> Record {
        Record { partition, key: None, value, headers: vec![], timestamp: None }
    }
}

/// What the scenario asks for. What a library does not say is absent.
pub trait Library: Send + Sync {
    fn create(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) -> Outcome;
    fn produce(&self, topic: &str, records: &[Record], codec: &str, idempotent: bool) -> Outcome;
    /// Shows the records of a partition from its start, until `show` answers false.
    fn read(&self, topic: &str, partition: i32, committed: bool, show: &mut dyn FnMut(Record) -> bool) -> Outcome;
    /// The first record at or after a time in ms.
    fn at_time(&self, topic: &str, partition: i32, timestamp: i64) -> Outcome<Record>;
    fn topics(&self) -> Outcome<Vec<String>>;
    fn partitions(&self, topic: &str) -> Outcome<Vec<i32>>;
    fn delete(&self, topic: &str) -> Outcome;
    fn delete_records(&self, topic: &str, partition: i32, before: i64) -> Outcome;

    /// Starts a member of a group, which commits what it read before it shows it.
    fn join(&self, _topic: &str, _group: &str, _protocol: &str) -> Outcome<Member> {
        absent("groups")
    }
    fn committed(&self, _group: &str, _topic: &str, _partitions: i32) -> Outcome<Vec<i64>> {
        absent("groups")
    }
    /// The brokers, and which is the controller where the library tells.
    fn cluster(&self) -> Outcome<(Vec<i32>, Option<i32>)> {
        absent("the description of the cluster")
    }
    fn config(&self, _topic: &str, _name: &str) -> Outcome<String> {
        absent("configs")
    }
    fn alter_config(&self, _topic: &str, _name: &str, _value: &str) -> Outcome {
        absent("configs")
    }
    fn grow(&self, _topic: &str, _count: i32) -> Outcome {
        absent("the growth of partitions")
    }
    /// State and count of members.
    fn group(&self, _name: &str) -> Outcome<(String, usize)> {
        absent("groups")
    }
    fn groups(&self) -> Outcome<Vec<String>> {
        absent("groups")
    }
    fn delete_group(&self, _name: &str) -> Outcome {
        absent("groups")
    }
    fn transaction(&self, _id: &str) -> Outcome<Box<dyn Transaction>> {
        absent("transactions")
    }
    /// Copies `count` records of a topic to another, "from-" before the values, in transactions with the offsets; each third round is aborted first.
    fn process(&self, _id: &str, _source: &str, _target: &str, _count: usize) -> Outcome {
        absent("transactions")
    }
}

/// A transactional producer.
pub trait Transaction {
    fn begin(&self) -> Outcome;
    fn send(&self, topic: &str, partition: i32, value: &str) -> Outcome;
    fn flush(&self) -> Outcome;
    fn commit(&self) -> Outcome;
    fn abort(&self) -> Outcome;
}

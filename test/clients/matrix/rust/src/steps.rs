//! Plays the steps one by one and prints how each went.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::scenario::Scenario;
use crate::{Fault, Library, Outcome};

/// A step that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(75);

/// What a step that passed lacked: "without …", or nothing.
type Step = fn(&Scenario) -> Outcome<String>;

const STEPS: [(&str, Step); 17] = [
    ("produce none", |play| play.produce("none")),
    ("produce gzip", |play| play.produce("gzip")),
    ("produce snappy", |play| play.produce("snappy")),
    ("produce lz4", |play| play.produce("lz4")),
    ("produce zstd", |play| play.produce("zstd")),
    ("idempotent produce", Scenario::idempotent),
    ("group: two members join and leave", |play| play.group("classic")),
    ("commit and resume", Scenario::resume),
    ("seek by time", Scenario::seek),
    ("consumer group protocol", |play| play.group("consumer")),
    ("admin create", Scenario::create),
    ("admin describe", Scenario::describe),
    ("admin alter", Scenario::alter),
    ("admin delete", Scenario::delete),
    ("transaction commit and abort", Scenario::transaction),
    ("consume-transform-produce", Scenario::process),
    ("zombie fenced", Scenario::zombie),
];

/// The version of a crate that was compiled in.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let start = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&start).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

fn say(line: Value) {
    println!("{line}");
}

/// Plays every step, or those that the arguments name.
pub fn main(name: &str, on: Option<String>, open: impl FnOnce(&str) -> Arc<dyn Library>) {
    let args: Vec<String> = std::env::args().skip(2).collect();
    let (address, only) = args.split_first().expect("matrix ADDRESS [STEP ...]");
    let mut head = json!({ "client": name, "version": version(name), "language": "Rust" });
    if let Some(on) = on {
        head["on"] = on.into();
    }
    say(head);
    let library = open(address);
    let prefix = format!("{name}-{:x}", std::process::id());
    for (step, run) in STEPS.iter().filter(|(step, _)| only.is_empty() || only.iter().any(|each| each == step)) {
        let started = Instant::now();
        say(play(step, *run, Scenario { library: library.clone(), prefix: prefix.clone(), waiting: Arc::default() }));
        eprintln!("{step}: {:.1} s", started.elapsed().as_secs_f64());
    }
    std::process::exit(0) // threads of steps that were not done in time may be left
}

fn play(step: &str, run: Step, scenario: Scenario) -> Value {
    let (done, result) = channel();
    let waiting: Arc<Mutex<&str>> = scenario.waiting.clone();
    std::thread::spawn(move || done.send(run(&scenario)));
    match result.recv_timeout(PATIENCE) {
        Ok(Ok(lacks)) if lacks.is_empty() => json!({ "step": step, "result": "passed" }),
        Ok(Ok(lacks)) => json!({ "step": step, "result": "passed", "detail": lacks }),
        Ok(Err(Fault::Absent(what))) => json!({ "step": step, "result": "absent", "detail": what }),
        Ok(Err(Fault::Failed(why))) => json!({ "step": step, "result": "failed", "detail": why.chars().take(500).collect::<String>() }),
        Err(error) => json!({ "step": step, "result": "failed", "detail": format!("{error}: {}", waiting.lock().unwrap()) }),
    }
}

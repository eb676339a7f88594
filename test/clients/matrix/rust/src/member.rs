//! A member of a group, in a thread of its own.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::{Fault, Outcome, Record, failed};

#[derive(Default)]
struct State {
    seen: Vec<Record>,
    assigned: BTreeSet<i32>,
    failure: Option<String>,
    is_leaving: bool,
}

/// What a member's thread says of itself.
#[derive(Clone)]
pub struct Voice(Arc<Mutex<State>>);

pub struct Member {
    voice: Voice,
    thread: Option<JoinHandle<()>>,
}

impl Voice {
    pub fn show(&self, records: Vec<Record>) {
        self.0.lock().unwrap().seen.extend(records);
    }

    pub fn assign(&self, partitions: BTreeSet<i32>) {
        self.0.lock().unwrap().assigned = partitions;
    }

    pub fn is_leaving(&self) -> bool {
        self.0.lock().unwrap().is_leaving
    }
}

impl Member {
    /// Runs `live` until it returns, which it does when it is to leave.
    pub fn start(live: impl FnOnce(&Voice) -> Outcome + Send + 'static) -> Member {
        let voice = Voice(Arc::default());
        let own = voice.clone();
        let thread = std::thread::spawn(move || {
            if let Err(Fault::Absent(why) | Fault::Failed(why)) = live(&own) {
                own.0.lock().unwrap().failure = Some(why);
            }
        });
        Member { voice, thread: Some(thread) }
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> Outcome<T> {
        let state = self.voice.0.lock().unwrap();
        match &state.failure {
            Some(why) => failed(why),
            None => Ok(look(&state)),
        }
    }

    pub fn count(&self) -> Outcome<usize> {
        self.look(|state| state.seen.len())
    }

    pub fn assigned(&self) -> Outcome<BTreeSet<i32>> {
        self.look(|state| state.assigned.clone())
    }

    pub fn values(&self) -> Outcome<Vec<String>> {
        self.look(|state| state.seen.iter().map(|record| record.value.clone()).collect())
    }

    pub fn leave(&mut self) -> Outcome {
        self.voice.0.lock().unwrap().is_leaving = true;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            return failed("the member panicked");
        }
        self.look(|_| ())
    }
}

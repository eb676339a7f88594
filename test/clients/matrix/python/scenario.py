"""The scenario of the client matrix for libraries of Python: a library is a class with the methods that are called here.

test/support/clients-matrix.ts tells what a program prints.
"""

import json
import signal
import sys
import threading
import time
import traceback
import uuid
from collections import Counter, namedtuple

Record = namedtuple("Record", "partition key value headers timestamp")

# Of the first record that has a timestamp: old enough to be told from now, young enough for retention.ms.
BASE_TIME = int(time.time() * 1000) - 3_600_000
# A step that takes longer has failed.
STEP_SECONDS = 75


class Absent(Exception):
    """The library has no such feature; the message says which."""


class Group:
    """A thread in which a member of a group polls, and commits what it has read before it shows it."""

    def __init__(self, member):
        self.member = member
        self.seen = []
        self.assigned = set()
        self.failure = None
        self._is_leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.member.open()
            while not self._is_leaving.is_set():
                records = self.member.poll()
                if records:
                    self.member.commit()
                    self.seen.extend(records)
                self.assigned = self.member.assigned()
            self.member.close()
            self.assigned = set()
        except BaseException as failure:  # shown by whoever waits
            self.failure = failure

    def leave(self):
        self._is_leaving.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), "the member did not leave"
        if self.failure:
            raise self.failure


def wait(what, condition, *groups):
    """Until the condition holds; the step's alarm ends the wait."""
    while not condition():
        for group in groups:
            if group.failure:
                raise group.failure
        wait.last = what
        time.sleep(0.02)
    wait.last = None


wait.last = None


def equal(seen, wanted, what):
    if seen != wanted:
        raise AssertionError(f"{what}: {str(seen)[:300]} instead of {str(wanted)[:300]}")


class Scenario:
    def __init__(self, library):
        self.library = library
        self._prefix = f"{library.name.replace(' ', '-')}-{uuid.uuid4().hex[:6]}"

    def topic(self, name, partitions=1, **configs):
        name = f"{self._prefix}-{name}"
        self.library.create(name, partitions, {key.replace("_", "."): value for key, value in configs.items()})
        wait("the topic is there", lambda: self.has(name, partitions))
        return name

    def has(self, topic, partitions):
        """A broker of Apache Kafka's learns of a topic a moment after its creation was acknowledged."""
        try:
            return len(self.library.partitions(topic)) == partitions
        except Exception:
            return False

    def produce(self, codec):
        topic = self.topic(codec, 2)
        records = [
            Record(at % 2, None if at % 5 == 0 else f"key-{at}".encode(), f"value {at} ".encode() * (1 + at % 40), [("at", str(at).encode()), ("empty", b"")], BASE_TIME + at)
            for at in range(200)
        ]
        self.library.produce(topic, records, codec)
        seen = self.library.read(topic, 2)
        equal(seen, [record for record in records if record.partition == 0] + [record for record in records if record.partition == 1], "records read back")

    def idempotent(self):
        topic = self.topic("idempotent")
        values = [f"value-{at}".encode() for at in range(1000)]
        self.library.produce(topic, [Record(0, None, value, [], None) for value in values], "none", idempotent=True)
        equal([record.value for record in self.library.read(topic, 1)], values, "values read back")

    def fill(self, topic, partitions, label, count):
        records = [Record(at % partitions, None, f"{label}-{at}".encode(), [], None) for at in range(count)]
        self.library.produce(topic, records, "none")
        return Counter(record.value for record in records)

    def group(self, protocol):
        topic, name = self.topic(f"group-{protocol}", 6), f"{self._prefix}-group-{protocol}"
        wanted = self.fill(topic, 6, "first", 60)
        first = Group(self.library.member(topic, name, protocol))
        read = lambda *members: Counter(record.value for member in members for record in member.seen)
        wait("the first member reads all", lambda: len(first.assigned) == 6 and len(first.seen) >= 60, first)
        second = Group(self.library.member(topic, name, protocol))
        wait("both have three", lambda: len(first.assigned) == len(second.assigned) == 3 and not first.assigned & second.assigned, first, second)
        wanted += self.fill(topic, 6, "second", 60)
        wait("both read", lambda: len(first.seen) + len(second.seen) >= 120, first, second)
        equal((len(first.seen), len(second.seen)), (90, 30), "records of each")
        first.leave()
        wait("the second has all", lambda: len(second.assigned) == 6, second)
        wanted += self.fill(topic, 6, "third", 60)
        wait("the second reads all", lambda: len(first.seen) + len(second.seen) >= 180, second)
        second.leave()
        equal(read(first, second), wanted, "records read by the group")

    def resume(self):
        topic, name = self.topic("resume", 2), f"{self._prefix}-resume"
        self.fill(topic, 2, "first", 20)
        first = Group(self.library.member(topic, name, "classic"))
        wait("the first reads", lambda: len(first.seen) >= 20, first)
        first.leave()
        wanted = self.fill(topic, 2, "second", 30)
        equal(self.library.committed(name, topic, 2), [10, 10], "committed offsets")
        second = Group(self.library.member(topic, name, "classic"))
        wait("the second reads", lambda: len(second.seen) >= 30, second)
        second.leave()
        equal(Counter(record.value for record in second.seen), wanted, "records of the second member")
        equal(self.library.committed(name, topic, 2), [25, 25], "committed offsets at the end")

    def seek(self):
        topic = self.topic("seek", 2)
        base = BASE_TIME
        self.library.produce(topic, [Record(at % 2, None, f"value-{at}".encode(), [], base + at * 1000) for at in range(20)], "none")
        record = self.library.at_time(topic, 1, base + 6500)
        equal((record.value, record.timestamp), (b"value-7", base + 7000), "record at or after the time")

    def create(self):
        topic = self.topic("created", 3, retention_ms="3600000")
        assert topic in self.library.topics(), "the topic is not listed"
        try:
            self.library.create(topic, 3, {})
        except Exception as failure:
            assert "exist" in str(failure).lower() or "exist" in type(failure).__name__.lower(), f"a second of the same name: {failure!r}"
        else:
            raise AssertionError("a second topic of the same name was created")

    def describe(self):
        topic, name = self.topic("described", 3, retention_ms="3600000"), f"{self._prefix}-described"
        equal(self.library.partitions(topic), [0, 1, 2], "partitions")
        brokers, controller = self.library.cluster()
        assert brokers and controller in brokers, f"cluster: {brokers}, {controller}"
        equal(self.library.config(topic, "retention.ms"), "3600000", "retention.ms")
        member = Group(self.library.member(topic, name, "classic"))
        wait("the member joined", lambda: len(member.assigned) == 3, member)
        equal(self.library.group(name), ("stable", 1), "group")
        assert name in self.library.groups(), "the group is not listed"
        member.leave()

    def alter(self):
        topic = self.topic("altered", 2)
        self.library.alter_config(topic, "retention.ms", "7200000")
        wait("the config is as altered", lambda: self.library.config(topic, "retention.ms") == "7200000")
        self.library.grow(topic, 4)
        wait("four partitions", lambda: self.library.partitions(topic) == [0, 1, 2, 3])

    def delete(self):
        topic, name = self.topic("deleted", 1), f"{self._prefix}-deleted"
        self.fill(topic, 1, "value", 10)
        self.library.delete_records(topic, 0, 4)
        equal([record.value for record in self.library.read(topic, 1)], [f"value-{at}".encode() for at in range(4, 10)], "records left")
        member = Group(self.library.member(topic, name, "classic"))
        wait("the member reads", lambda: len(member.seen) >= 6, member)
        member.leave()
        lacks = None
        try:
            self.library.delete_group(name)
            wait("the group is gone", lambda: name not in self.library.groups())
        except Absent as absent:
            lacks = f"without {absent}"
        self.library.delete(topic)
        wait("the topic is gone", lambda: topic not in self.library.topics())
        return lacks

    def transaction(self):
        topic = self.topic("transaction", 2)
        transaction = self.library.transaction(f"{self._prefix}-transaction")
        kept = []
        for at in range(12):
            is_kept = at % 3 != 1
            transaction.begin()
            for partition in range(2):
                value = f"{'kept' if is_kept else 'dropped'}-{at}-{partition}".encode()
                transaction.send(topic, partition, value)
                if is_kept:
                    kept.append(value)
            transaction.flush()
            transaction.commit() if is_kept else transaction.abort()
        transaction.close()
        equal(sorted(record.value for record in self.library.read(topic, 2, committed=True)), sorted(kept), "read committed")
        equal(len(self.library.read(topic, 2)), 24, "read uncommitted")

    def process(self):
        source, target, name = self.topic("source", 2), self.topic("target", 2), f"{self._prefix}-process"
        wanted = Counter()
        for value, count in self.fill(source, 2, "value", 60).items():
            wanted[b"from-" + value] = count
        transaction = self.library.transaction(f"{self._prefix}-process")
        member = self.library.member(source, name, "classic", isolation="read_committed", batch=7)
        member.open()
        done = rounds = 0
        while done < 60:
            records = member.poll()
            if not records:
                continue
            rounds += 1
            transaction.begin()
            for record in records:
                transaction.send(target, record.partition, b"from-" + record.value)
            transaction.send_offsets(member)
            if rounds % 3 == 2:
                transaction.abort()
                member.rewind()
            else:
                transaction.commit()
                done += len(records)
        transaction.close()
        member.close()
        equal(Counter(record.value for record in self.library.read(target, 2, committed=True)), wanted, "records that came out")
        equal(self.library.committed(name, source, 2), [30, 30], "committed offsets")

    def zombie(self):
        topic, name = self.topic("zombie"), f"{self._prefix}-zombie"
        first = self.library.transaction(name)
        first.begin()
        first.send(topic, 0, b"dropped")
        first.flush()
        second = self.library.transaction(name)
        second.begin()
        second.send(topic, 0, b"kept")
        second.commit()
        try:
            first.send(topic, 0, b"dropped too")
            first.commit()
        except Exception as failure:
            told = f"{type(failure).__name__} {failure}".lower()
            assert "fenced" in told or "epoch" in told, f"the first was told {failure!r}"
        else:
            raise AssertionError("the first was not fenced")
        equal([record.value for record in self.library.read(topic, 1, committed=True)], [b"kept"], "read committed")
        second.close()


def steps(scenario):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        yield f"produce {codec}", lambda: scenario.produce(codec)
    yield "idempotent produce", scenario.idempotent
    yield "group: two members join and leave", lambda: scenario.group("classic")
    yield "commit and resume", scenario.resume
    yield "seek by time", scenario.seek
    yield "consumer group protocol", lambda: scenario.group("consumer")
    yield "admin create", scenario.create
    yield "admin describe", scenario.describe
    yield "admin alter", scenario.alter
    yield "admin delete", scenario.delete
    yield "transaction commit and abort", scenario.transaction
    yield "consume-transform-produce", scenario.process
    yield "zombie fenced", scenario.zombie


def say(**line):
    print(json.dumps({name: value for name, value in line.items() if value is not None}), flush=True)


def play(library, only=None):
    def too_long(_signal, _frame):
        raise TimeoutError(f"not done after {STEP_SECONDS} s" + (f": {wait.last}" if wait.last else ""))

    signal.signal(signal.SIGALRM, too_long)
    say(client=library.name, version=library.version, language="Python", on=library.on)
    scenario = Scenario(library)
    for step, run in steps(scenario):
        if only and step not in only:
            continue
        started = time.monotonic()
        wait.last = None
        signal.alarm(STEP_SECONDS)
        try:
            say(step=step, result="passed", detail=run())
        except Absent as absent:
            say(step=step, result="absent", detail=str(absent))
        except Exception as failure:
            say(step=step, result="failed", detail=f"{type(failure).__name__}: {failure}"[:500])
            traceback.print_exc()
        finally:
            signal.alarm(0)
        print(f"{step}: {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
    sys.stdout.flush()


def main(library_of):
    """ARGUMENTS: matrix ADDRESS [STEP ...]."""
    play(library_of(sys.argv[2]), sys.argv[3:])

package main

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Record as every library has one. Timestamp is in ms; 0: as the library sets it.
type Record struct {
	Partition int32
	Key       []byte
	Value     string
	Headers   []Header
	Timestamp int64
}

type Header struct{ Name, Value string }

// A Library is what the scenario asks for; each method fails by panicking, with an Absent where the library has no such feature.
type Library interface {
	Create(topic string, partitions int, configs map[string]string)
	Produce(topic string, records []Record, codec string, idempotent bool)
	// Read shows the records of a partition from its start, until show answers false.
	Read(topic string, partition int32, committed bool, show func(Record) bool)
	// Join starts a member of a group, which commits what it read before it shows it.
	Join(topic, group, protocol string) *Member
	Committed(group, topic string, partitions int) []int64
	AtTime(topic string, partition int32, timestamp int64) Record
	Topics() []string
	Partitions(topic string) []int32
	Cluster() (brokers []int32, controller int32)
	Config(topic, name string) string
	Group(name string) (state string, members int)
	Groups() []string
	AlterConfig(topic, name, value string)
	Grow(topic string, count int)
	DeleteRecords(topic string, partition int32, before int64)
	DeleteGroup(name string)
	Delete(topic string)
	Transaction(id string) Transaction
	// Process copies count records of a topic to another, "from-" before the values, in transactions with the offsets; each third round is aborted first.
	Process(id, group, source, target string, count int)
}

// A Transaction is a transactional producer. Its methods panic too.
type Transaction interface {
	Begin()
	Send(topic string, partition int32, value string)
	Flush()
	Commit()
	Abort()
	Close()
}

// Absent is panicked with: the library has no such feature.
type Absent string

// A Member is what is known of a member of a group while it runs.
type Member struct {
	mutex    sync.Mutex
	seen     []Record
	assigned map[int32]bool
	failure  error
	leave    func() error
}

func newMember() *Member { return &Member{assigned: map[int32]bool{}} }

func (member *Member) show(records ...Record) {
	member.mutex.Lock()
	defer member.mutex.Unlock()
	member.seen = append(member.seen, records...)
}

func (member *Member) assign(isAdded bool, partitions ...int32) {
	member.mutex.Lock()
	defer member.mutex.Unlock()
	for _, partition := range partitions {
		if isAdded {
			member.assigned[partition] = true
		} else {
			delete(member.assigned, partition)
		}
	}
}

// assignOnly replaces what it has.
func (member *Member) assignOnly(partitions ...int32) {
	member.mutex.Lock()
	member.assigned = map[int32]bool{}
	member.mutex.Unlock()
	member.assign(true, partitions...)
}

func (member *Member) fail(err error) {
	member.mutex.Lock()
	defer member.mutex.Unlock()
	if member.failure == nil {
		member.failure = err
	}
}

func (member *Member) state() ([]Record, map[int32]bool, error) {
	member.mutex.Lock()
	defer member.mutex.Unlock()
	assigned := map[int32]bool{}
	for partition := range member.assigned {
		assigned[partition] = true
	}
	return slices.Clone(member.seen), assigned, member.failure
}

func (member *Member) count() int {
	seen, _, failure := member.state()
	check(failure)
	return len(seen)
}

func (member *Member) has() map[int32]bool {
	_, assigned, failure := member.state()
	check(failure)
	return assigned
}

func (member *Member) end() {
	check(member.leave())
	_, _, failure := member.state()
	check(failure)
}

func values(records []Record) []string {
	var all []string
	for _, record := range records {
		all = append(all, record.Value)
	}
	return all
}

func sorted(all []string) []string { return slices.Sorted(slices.Values(all)) }

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func equal(seen, wanted any, what string) {
	if one, other := fmt.Sprintf("%q", seen), fmt.Sprintf("%q", wanted); one != other {
		panic(fmt.Errorf("%s: %.300s instead of %.300s", what, one, other))
	}
}

type scenario struct {
	Library
	prefix string
	// waiting is what a step that is not done in time was waiting for.
	waiting string
}

// wait returns once the condition holds; the step's time ends the wait.
func (play *scenario) wait(what string, isDone func() bool) {
	play.waiting = what
	for !isDone() {
		time.Sleep(20 * time.Millisecond)
	}
	play.waiting = ""
}

// topic creates one and waits until it is listed.
func (play *scenario) topic(name string, partitions int, configs map[string]string) string {
	name = play.prefix + "-" + name
	play.Create(name, partitions, configs)
	play.wait("the topic is listed", func() bool { return slices.Contains(play.Topics(), name) })
	return name
}

// read answers all the records of a topic, of one partition after the other. What marks the end is written first: the libraries do not show
// where a partition ends, since markers of transactions are no records.
func (play *scenario) read(topic string, partitions int32, committed bool) []Record {
	const mark = "end of the read "
	end := fmt.Sprint(mark, rand.Int())
	var ends, found []Record
	for partition := range partitions {
		ends = append(ends, Record{Partition: partition, Value: end})
	}
	play.Produce(topic, ends, "none", false)
	for partition := range partitions {
		play.Read(topic, partition, committed, func(record Record) bool {
			if !strings.HasPrefix(record.Value, mark) {
				found = append(found, record)
			}
			return record.Value != end
		})
	}
	return found
}

func (play *scenario) fill(topic string, partitions int, label string, count int) []string {
	var records []Record
	for at := range count {
		records = append(records, Record{Partition: int32(at % partitions), Value: fmt.Sprint(label, "-", at)})
	}
	play.Produce(topic, records, "none", false)
	return values(records)
}

func (play *scenario) produce(codec string) {
	topic := play.topic(codec, 2, nil)
	var records []Record
	for at := range 200 {
		record := Record{Partition: int32(at % 2), Key: []byte(fmt.Sprint("key-", at)), Value: strings.Repeat(fmt.Sprint("value ", at, " "), 1+at%40),
			Headers: []Header{{"at", fmt.Sprint(at)}, {"empty", ""}}, Timestamp: 1_700_000_000_000 + int64(at)}
		if at%5 == 0 {
			record.Key = nil
		}
		records = append(records, record)
	}
	play.Produce(topic, records, codec, false)
	seen := play.read(topic, 2, false)
	slices.SortStableFunc(records, func(a, b Record) int { return cmp.Compare(a.Partition, b.Partition) })
	equal(seen, records, "records read back")
	for at, record := range seen {
		equal(record.Key == nil, records[at].Key == nil, "a key that is null")
	}
}

func (play *scenario) idempotent() {
	topic := play.topic("idempotent", 1, nil)
	var records []Record
	for at := range 1000 {
		records = append(records, Record{Value: fmt.Sprint("value-", at)})
	}
	play.Produce(topic, records, "none", true)
	equal(values(play.read(topic, 1, false)), values(records), "values read back")
}

func (play *scenario) group(protocol string) {
	topic, name := play.topic("group-"+protocol, 6, nil), play.prefix+"-group-"+protocol
	wanted := play.fill(topic, 6, "first", 60)
	first := play.Join(topic, name, protocol)
	play.wait("the first member reads all", func() bool { return len(first.has()) == 6 && first.count() >= 60 })
	second := play.Join(topic, name, protocol)
	play.wait("both have three", func() bool {
		ours, theirs := first.has(), second.has()
		for partition := range ours {
			theirs[partition] = true
		}
		return len(ours) == 3 && len(second.has()) == 3 && len(theirs) == 6
	})
	wanted = append(wanted, play.fill(topic, 6, "second", 60)...)
	play.wait("both read", func() bool { return first.count()+second.count() >= 120 })
	equal([]int{first.count(), second.count()}, []int{90, 30}, "records of each")
	first.end()
	play.wait("the second has all", func() bool { return len(second.has()) == 6 })
	wanted = append(wanted, play.fill(topic, 6, "third", 60)...)
	play.wait("the second reads all", func() bool { return first.count()+second.count() >= 180 })
	second.end()
	equal(sorted(values(append(first.seen, second.seen...))), sorted(wanted), "records read by the group")
}

func (play *scenario) resume() {
	topic, name := play.topic("resume", 2, nil), play.prefix+"-resume"
	play.fill(topic, 2, "first", 20)
	first := play.Join(topic, name, "classic")
	play.wait("the first reads", func() bool { return first.count() >= 20 })
	first.end()
	wanted := play.fill(topic, 2, "second", 30)
	equal(play.Committed(name, topic, 2), []int64{10, 10}, "committed offsets")
	second := play.Join(topic, name, "classic")
	play.wait("the second reads", func() bool { return second.count() >= 30 })
	second.end()
	equal(sorted(values(second.seen)), sorted(wanted), "records of the second member")
	equal(play.Committed(name, topic, 2), []int64{25, 25}, "committed offsets at the end")
}

func (play *scenario) seek() {
	const base = 1_700_000_000_000
	topic := play.topic("seek", 2, nil)
	var records []Record
	for at := range 20 {
		records = append(records, Record{Partition: int32(at % 2), Value: fmt.Sprint("value-", at), Timestamp: base + int64(at)*1000})
	}
	play.Produce(topic, records, "none", false)
	record := play.AtTime(topic, 1, base+6500)
	equal([]any{record.Value, record.Timestamp}, []any{"value-7", int64(base + 7000)}, "record at or after the time")
}

func (play *scenario) create() {
	topic := play.topic("created", 3, map[string]string{"retention.ms": "3600000"})
	told := refused(func() { play.Create(topic, 3, nil) }, "a second topic of the same name was created")
	if !strings.Contains(strings.ToLower(told), "exist") {
		panic(fmt.Errorf("a second of the same name: %s", told))
	}
}

// refused answers what the call failed with.
func refused(call func(), complaint string) (told string) {
	defer func() {
		if failure := recover(); failure != nil {
			told = fmt.Sprint(failure)
		} else {
			panic(errors.New(complaint))
		}
	}()
	call()
	return ""
}

func (play *scenario) describe() {
	topic, name := play.topic("described", 3, map[string]string{"retention.ms": "3600000"}), play.prefix+"-described"
	equal(play.Partitions(topic), []int32{0, 1, 2}, "partitions")
	brokers, controller := play.Cluster()
	if !slices.Contains(brokers, controller) {
		panic(fmt.Errorf("cluster: %v, controller %d", brokers, controller))
	}
	equal(play.Config(topic, "retention.ms"), "3600000", "retention.ms")
	member := play.Join(topic, name, "classic")
	play.wait("the member joined", func() bool { return len(member.has()) == 3 })
	state, members := play.Group(name)
	equal([]any{strings.ToLower(state), members}, []any{"stable", 1}, "group")
	if !slices.Contains(play.Groups(), name) {
		panic(errors.New("the group is not listed"))
	}
	member.end()
}

func (play *scenario) alter() {
	topic := play.topic("altered", 2, nil)
	play.AlterConfig(topic, "retention.ms", "7200000")
	play.wait("the config is as altered", func() bool { return play.Config(topic, "retention.ms") == "7200000" })
	play.Grow(topic, 4)
	play.wait("four partitions", func() bool { return slices.Equal(play.Partitions(topic), []int32{0, 1, 2, 3}) })
}

func (play *scenario) remove() (lacks string) {
	topic, name := play.topic("deleted", 1, nil), play.prefix+"-deleted"
	kept := play.fill(topic, 1, "value", 10)
	lacks = without(func() {
		play.DeleteRecords(topic, 0, 4)
		kept = kept[4:]
		equal(values(play.read(topic, 1, false)), kept, "records left")
	})
	member := play.Join(topic, name, "classic")
	play.wait("the member reads", func() bool { return member.count() >= len(kept) })
	member.end()
	play.DeleteGroup(name)
	play.wait("the group is gone", func() bool { return !slices.Contains(play.Groups(), name) })
	play.Delete(topic)
	play.wait("the topic is gone", func() bool { return !slices.Contains(play.Topics(), topic) })
	return lacks
}

// without answers "without …" where the library has no such feature.
func without(call func()) (lacks string) {
	defer func() {
		if failure := recover(); failure != nil {
			absent, is := failure.(Absent)
			if !is {
				panic(failure)
			}
			lacks = "without " + string(absent)
		}
	}()
	call()
	return ""
}

func (play *scenario) transaction() {
	topic := play.topic("transaction", 2, nil)
	transaction := play.Transaction(play.prefix + "-transaction")
	var kept []string
	for at := range 12 {
		label, end := "kept", transaction.Commit
		if at%3 == 1 {
			label, end = "dropped", transaction.Abort
		}
		transaction.Begin()
		for partition := range int32(2) {
			value := fmt.Sprint(label, "-", at, "-", partition)
			transaction.Send(topic, partition, value)
			if label == "kept" {
				kept = append(kept, value)
			}
		}
		transaction.Flush()
		end()
	}
	transaction.Close()
	equal(sorted(values(play.read(topic, 2, true))), sorted(kept), "read committed")
	equal(len(play.read(topic, 2, false)), 24, "read uncommitted")
}

func (play *scenario) process() {
	source, target, name := play.topic("source", 2, nil), play.topic("target", 2, nil), play.prefix+"-process"
	var wanted []string
	for _, value := range play.fill(source, 2, "value", 60) {
		wanted = append(wanted, "from-"+value)
	}
	play.Process(name, name, source, target, 60)
	equal(sorted(values(play.read(target, 2, true))), sorted(wanted), "records that came out")
	if all := len(play.read(target, 2, false)); all <= 60 {
		panic(fmt.Errorf("nothing was aborted: %d records", all))
	}
	equal(play.Committed(name, source, 2), []int64{30, 30}, "committed offsets")
}

func (play *scenario) zombie() {
	topic, name := play.topic("zombie", 1, nil), play.prefix+"-zombie"
	first := play.Transaction(name)
	first.Begin()
	first.Send(topic, 0, "dropped")
	first.Flush()
	second := play.Transaction(name)
	second.Begin()
	second.Send(topic, 0, "kept")
	second.Commit()
	told := strings.ToLower(refused(func() {
		first.Send(topic, 0, "dropped too")
		first.Flush()
		first.Commit()
	}, "the first was not fenced"))
	if !strings.Contains(told, "fenced") && !strings.Contains(told, "epoch") {
		panic(fmt.Errorf("the first was told %s", told))
	}
	equal(values(play.read(topic, 1, true)), []string{"kept"}, "read committed")
	second.Close()
}

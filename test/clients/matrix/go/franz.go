package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// franz is franz-go: kgo, and kadm for the administration.
type franz struct {
	address string
	admin   *kadm.Client
	// consumers are groups of the consumer protocol.
	consumers map[string]bool
}

var ctx = context.Background()

func openFranz(address string) Library {
	library := &franz{address: address, consumers: map[string]bool{}}
	library.admin = kadm.NewClient(library.client())
	return library
}

func (library *franz) client(options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(library.options(options...)...)
	check(err)
	return client
}

func (library *franz) options(options ...kgo.Opt) []kgo.Opt {
	base := []kgo.Opt{kgo.SeedBrokers(library.address), kgo.FetchMaxWait(100 * time.Millisecond), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(50 * time.Millisecond), // 5 s unless told, in which a topic that is new is not listed
		kgo.HeartbeatInterval(500 * time.Millisecond), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ProducerBatchCompression(kgo.NoCompression())}
	return append(base, options...)
}

func (library *franz) Create(topic string, partitions int, configs map[string]string) {
	given := map[string]*string{}
	for name, value := range configs {
		given[name] = &value
	}
	_, err := library.admin.CreateTopic(ctx, int32(partitions), 1, given, topic)
	check(err)
}

func (library *franz) Produce(topic string, records []Record, codec string, idempotent bool) {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	options := []kgo.Opt{kgo.ProducerBatchCompression(codecs[codec])}
	if !idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	producer := library.client(options...)
	defer producer.Close()
	var given []*kgo.Record
	for _, record := range records {
		one := &kgo.Record{Topic: topic, Partition: record.Partition, Key: record.Key, Value: []byte(record.Value)}
		for _, header := range record.Headers {
			one.Headers = append(one.Headers, kgo.RecordHeader{Key: header.Name, Value: []byte(header.Value)})
		}
		if record.Timestamp != 0 {
			one.Timestamp = time.UnixMilli(record.Timestamp)
		}
		given = append(given, one)
	}
	check(producer.ProduceSync(ctx, given...).FirstErr())
}

func (library *franz) Read(topic string, partition int32, committed bool, show func(Record) bool) {
	library.consume(topic, partition, kgo.NewOffset().AtStart(), committed, show)
}

func (library *franz) consume(topic string, partition int32, from kgo.Offset, committed bool, show func(Record) bool) {
	options := []kgo.Opt{kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: from}})}
	if committed {
		options = append(options, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	consumer := library.client(options...)
	defer consumer.Close()
	for {
		fetches := consumer.PollFetches(ctx)
		check(fetches.Err())
		for _, record := range fetches.Records() {
			if !show(franzRecord(record)) {
				return
			}
		}
	}
}

func franzRecord(record *kgo.Record) Record {
	found := Record{Partition: record.Partition, Key: record.Key, Value: string(record.Value), Timestamp: record.Timestamp.UnixMilli()}
	for _, header := range record.Headers {
		found.Headers = append(found.Headers, Header{header.Key, string(header.Value)})
	}
	return found
}

func (library *franz) Join(topic, group, protocol string) *Member {
	member := newMember()
	assign := func(isAdded bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			member.assign(isAdded, partitions[topic]...)
		}
	}
	options := []kgo.Opt{kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(assign(true)), kgo.OnPartitionsRevoked(assign(false)), kgo.OnPartitionsLost(assign(false))}
	if protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
		library.consumers[group] = true
	}
	client := library.client(options...)
	leaving, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-leaving:
				client.CloseAllowingRebalance()
				return
			default:
			}
			if err := poll(client, member); err != nil {
				member.fail(err)
				return
			}
		}
	}()
	member.leave = func() error {
		if protocol == "consumer" {
			library.checkType(group)
		}
		close(leaving)
		<-done
		return nil
	}
	return member
}

// poll commits what it reads within the assignment that it was read in, and then shows it.
func poll(client *kgo.Client, member *Member) error {
	soon, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	fetches := client.PollFetches(soon)
	defer client.AllowRebalance()
	for _, failure := range fetches.Errors() {
		if soon.Err() == nil {
			return failure.Err
		}
	}
	records := fetches.Records()
	if len(records) == 0 {
		return nil
	}
	if err := client.CommitRecords(ctx, records...); err != nil {
		return err
	}
	for _, record := range records {
		member.show(franzRecord(record))
	}
	return nil
}

// checkType makes sure of the protocol: the library takes the classic one where the broker does not offer the other.
func (library *franz) checkType(group string) {
	groups, err := library.admin.ListGroupsByType(ctx, []string{"consumer"})
	check(err)
	equal(groups[group].GroupType, "consumer", "type of the group")
	described, err := library.admin.DescribeConsumerGroups(ctx, group)
	check(err)
	check(described[group].Err)
	equal(described[group].State, "Stable", "state of the group")
}

func (library *franz) Committed(group, topic string, partitions int) []int64 {
	offsets, err := library.admin.FetchOffsets(ctx, group)
	check(err)
	var found []int64
	for partition := range int32(partitions) {
		offset, _ := offsets.Lookup(topic, partition)
		check(offset.Err)
		found = append(found, offset.At)
	}
	return found
}

func (library *franz) AtTime(topic string, partition int32, timestamp int64) (found Record) {
	library.consume(topic, partition, kgo.NewOffset().AfterMilli(timestamp), false, func(record Record) bool {
		found = record
		return false
	})
	return found
}

func (library *franz) Topics() []string {
	topics, err := library.admin.ListTopics(ctx)
	check(err)
	return topics.Names()
}

func (library *franz) Partitions(topic string) []int32 {
	topics, err := library.admin.ListTopics(ctx, topic)
	check(err)
	check(topics[topic].Err)
	return topics[topic].Partitions.Numbers()
}

func (library *franz) Cluster() ([]int32, int32) {
	metadata, err := library.admin.BrokerMetadata(ctx)
	check(err)
	return metadata.Brokers.NodeIDs(), metadata.Controller
}

func (library *franz) Config(topic, name string) string {
	described, err := library.admin.DescribeTopicConfigs(ctx, topic)
	check(err)
	resource, err := described.On(topic, nil)
	check(err)
	for _, config := range resource.Configs {
		if config.Key == name {
			return config.MaybeValue()
		}
	}
	panic(fmt.Errorf("no config %s", name))
}

func (library *franz) Group(name string) (string, int) {
	described, err := library.admin.DescribeGroups(ctx, name)
	check(err)
	check(described[name].Err)
	return described[name].State, len(described[name].Members)
}

func (library *franz) Groups() []string {
	groups, err := library.admin.ListGroups(ctx)
	check(err)
	return groups.Groups()
}

func (library *franz) AlterConfig(topic, name, value string) {
	answers, err := library.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: name, Value: &value}}, topic)
	check(err)
	_, err = answers.On(topic, nil)
	check(err)
}

func (library *franz) Grow(topic string, count int) {
	answers, err := library.admin.UpdatePartitions(ctx, count, topic)
	check(err)
	check(answers.Error())
}

func (library *franz) DeleteRecords(topic string, partition int32, before int64) {
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, partition, before, -1)
	answers, err := library.admin.DeleteRecords(ctx, offsets)
	check(err)
	check(answers.Error())
}

func (library *franz) DeleteGroup(name string) {
	answer, err := library.admin.DeleteGroup(ctx, name)
	check(err)
	check(answer.Err)
}

func (library *franz) Delete(topic string) {
	answer, err := library.admin.DeleteTopic(ctx, topic)
	check(err)
	check(answer.Err)
}

type franzTransaction struct {
	client *kgo.Client
	// sent is what becomes of the records of the transaction.
	sent *kgo.FirstErrPromise
}

func (library *franz) Transaction(id string) Transaction {
	client := library.client(kgo.TransactionalID(id))
	_, _, err := client.ProducerID(ctx) // the library asks for it with its first record; the scenario wants the fencing at once
	check(err)
	return &franzTransaction{client: client}
}

func (transaction *franzTransaction) Begin() {
	check(transaction.client.BeginTransaction())
	transaction.sent = kgo.AbortingFirstErrPromise(transaction.client)
}

func (transaction *franzTransaction) Send(topic string, partition int32, value string) {
	transaction.client.Produce(ctx, &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}, transaction.sent.Promise())
}

func (transaction *franzTransaction) Flush() {
	check(transaction.client.Flush(ctx))
	check(transaction.sent.Err())
}

func (transaction *franzTransaction) Commit() {
	transaction.Flush()
	check(transaction.client.EndTransaction(ctx, kgo.TryCommit))
}

func (transaction *franzTransaction) Abort() {
	check(transaction.client.EndTransaction(ctx, kgo.TryAbort))
}

func (transaction *franzTransaction) Close() { transaction.client.Close() }

func (library *franz) Process(id, group, source, target string, count int) {
	session, err := kgo.NewGroupTransactSession(library.options(kgo.TransactionalID(id), kgo.ConsumerGroup(group), kgo.ConsumeTopics(source),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets())...)
	check(err)
	defer session.Close()
	for done, rounds := 0, 1; done < count; rounds++ {
		fetches := session.PollRecords(ctx, 7)
		check(fetches.Err())
		check(session.Begin())
		var copies []*kgo.Record
		for _, record := range fetches.Records() {
			copies = append(copies, &kgo.Record{Topic: target, Partition: record.Partition, Value: append([]byte("from-"), record.Value...)})
		}
		check(session.ProduceSync(ctx, copies...).FirstErr())
		committed, err := session.End(ctx, rounds%3 != 2)
		check(err)
		if committed {
			done += len(copies)
		}
	}
}

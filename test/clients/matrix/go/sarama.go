package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

type saramaLibrary struct {
	address []string
	client  sarama.Client
	admin   sarama.ClusterAdmin
}

func openSarama(address string) Library {
	sarama.Logger = log.New(io.Discard, "", 0)
	library := &saramaLibrary{address: []string{address}}
	client, err := sarama.NewClient(library.address, library.config())
	check(err)
	admin, err := sarama.NewClusterAdminFromClient(client)
	check(err)
	library.client, library.admin = client, admin
	return library
}

func (library *saramaLibrary) config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Return.Errors = true
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	config.Consumer.Group.Rebalance.Timeout = 20 * time.Second
	return config
}

func (library *saramaLibrary) Create(topic string, partitions int, configs map[string]string) {
	given := map[string]*string{}
	for name, value := range configs {
		given[name] = &value
	}
	check(library.admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: int32(partitions), ReplicationFactor: 1, ConfigEntries: given}, false))
}

func (library *saramaLibrary) Produce(topic string, records []Record, codec string, idempotent bool) {
	config := library.config()
	config.Producer.Compression = map[string]sarama.CompressionCodec{"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
		"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}[codec]
	if idempotent {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	producer, err := sarama.NewSyncProducer(library.address, config)
	check(err)
	defer producer.Close()
	var messages []*sarama.ProducerMessage
	for _, record := range records {
		message := &sarama.ProducerMessage{Topic: topic, Partition: record.Partition, Value: sarama.StringEncoder(record.Value)}
		if record.Key != nil {
			message.Key = sarama.ByteEncoder(record.Key)
		}
		for _, header := range record.Headers {
			message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: []byte(header.Value)})
		}
		if record.Timestamp != 0 {
			message.Timestamp = time.UnixMilli(record.Timestamp)
		}
		messages = append(messages, message)
	}
	check(producer.SendMessages(messages))
}

func (library *saramaLibrary) Read(topic string, partition int32, committed bool, show func(Record) bool) {
	library.consume(topic, partition, sarama.OffsetOldest, committed, show)
}

func (library *saramaLibrary) consume(topic string, partition int32, from int64, committed bool, show func(Record) bool) {
	config := library.config()
	if committed {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	consumer, err := sarama.NewConsumer(library.address, config)
	check(err)
	defer consumer.Close()
	messages, err := consumer.ConsumePartition(topic, partition, from)
	check(err)
	defer messages.Close()
	for {
		select {
		case message := <-messages.Messages():
			if !show(saramaRecord(message)) {
				return
			}
		case failure := <-messages.Errors():
			check(failure)
		}
	}
}

func saramaRecord(message *sarama.ConsumerMessage) Record {
	found := Record{Partition: message.Partition, Key: message.Key, Value: string(message.Value), Timestamp: message.Timestamp.UnixMilli()}
	for _, header := range message.Headers {
		found.Headers = append(found.Headers, Header{string(header.Key), string(header.Value)})
	}
	return found
}

// saramaMember is the handler of a member's sessions.
type saramaMember struct {
	*Member
	topic   string
	process func(sarama.ConsumerGroupSession, sarama.ConsumerGroupClaim) error
}

func (member saramaMember) Setup(session sarama.ConsumerGroupSession) error {
	member.assignOnly(session.Claims()[member.topic]...)
	return nil
}

func (member saramaMember) Cleanup(sarama.ConsumerGroupSession) error {
	member.assignOnly()
	return nil
}

func (member saramaMember) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	if err := member.process(session, claim); err != nil {
		member.fail(err)
	}
	return nil
}

func (library *saramaLibrary) Join(topic, group, protocol string) *Member {
	if protocol != "classic" {
		panic(Absent("groups of the consumer protocol"))
	}
	member := saramaMember{Member: newMember(), topic: topic}
	member.process = func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
		for message := range claim.Messages() {
			session.MarkMessage(message, "")
			session.Commit()
			member.show(saramaRecord(message))
		}
		return nil
	}
	library.run(member, group, library.config())
	return member.Member
}

// run joins again after each rebalance, until the member is told to leave.
func (library *saramaLibrary) run(member saramaMember, group string, config *sarama.Config) {
	consumers, err := sarama.NewConsumerGroup(library.address, group, config)
	check(err)
	running, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		for failure := range consumers.Errors() {
			member.fail(failure)
		}
	}()
	go func() {
		defer close(done)
		for running.Err() == nil {
			if err := consumers.Consume(running, []string{member.topic}, member); err != nil {
				if running.Err() == nil {
					member.fail(err)
				}
				return
			}
		}
	}()
	member.leave = func() error {
		cancel()
		<-done
		return consumers.Close()
	}
}

func (library *saramaLibrary) Committed(group, topic string, partitions int) []int64 {
	asked := map[string][]int32{topic: nil}
	for partition := range int32(partitions) {
		asked[topic] = append(asked[topic], partition)
	}
	answer, err := library.admin.ListConsumerGroupOffsets(group, asked)
	check(err)
	var found []int64
	for _, partition := range asked[topic] {
		block := answer.GetBlock(topic, partition)
		if block.Err != sarama.ErrNoError {
			panic(block.Err)
		}
		found = append(found, block.Offset)
	}
	return found
}

func (library *saramaLibrary) AtTime(topic string, partition int32, timestamp int64) (found Record) {
	offset, err := library.client.GetOffset(topic, partition, timestamp)
	check(err)
	library.consume(topic, partition, offset, false, func(record Record) bool {
		found = record
		return false
	})
	return found
}

func (library *saramaLibrary) Topics() []string {
	topics, err := library.admin.ListTopics()
	check(err)
	var names []string
	for name := range topics {
		names = append(names, name)
	}
	return names
}

func (library *saramaLibrary) Partitions(topic string) []int32 {
	topics, err := library.admin.DescribeTopics([]string{topic})
	check(err)
	if topics[0].Err != sarama.ErrNoError {
		panic(topics[0].Err)
	}
	var found []int32
	for _, partition := range topics[0].Partitions {
		found = append(found, partition.ID)
	}
	slices.Sort(found)
	return found
}

func (library *saramaLibrary) Cluster() ([]int32, int32) {
	brokers, controller, err := library.admin.DescribeCluster()
	check(err)
	var ids []int32
	for _, broker := range brokers {
		ids = append(ids, broker.ID())
	}
	return ids, controller
}

func (library *saramaLibrary) Config(topic, name string) string {
	entries, err := library.admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})
	check(err)
	for _, entry := range entries {
		if entry.Name == name {
			return entry.Value
		}
	}
	panic(fmt.Errorf("no config %s", name))
}

func (library *saramaLibrary) Group(name string) (string, int) {
	groups, err := library.admin.DescribeConsumerGroups([]string{name})
	check(err)
	return groups[0].State, len(groups[0].Members)
}

func (library *saramaLibrary) Groups() []string {
	groups, err := library.admin.ListConsumerGroups()
	check(err)
	var names []string
	for name := range groups {
		names = append(names, name)
	}
	return names
}

func (library *saramaLibrary) AlterConfig(topic, name, value string) {
	entries := map[string]sarama.IncrementalAlterConfigsEntry{name: {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}}
	check(library.admin.IncrementalAlterConfig(sarama.TopicResource, topic, entries, false))
}

func (library *saramaLibrary) Grow(topic string, count int) {
	check(library.admin.CreatePartitions(topic, int32(count), nil, false))
}

func (library *saramaLibrary) DeleteRecords(topic string, partition int32, before int64) {
	check(library.admin.DeleteRecords(topic, map[int32]int64{partition: before}))
}

func (library *saramaLibrary) DeleteGroup(name string) {
	check(library.admin.DeleteConsumerGroup(name))
}

func (library *saramaLibrary) Delete(topic string) { check(library.admin.DeleteTopic(topic)) }

type saramaTransaction struct{ producer sarama.SyncProducer }

func (library *saramaLibrary) Transaction(id string) Transaction {
	config := library.config()
	config.Producer.Idempotent = true
	config.Producer.Transaction.ID = id
	config.Net.MaxOpenRequests = 1
	producer, err := sarama.NewSyncProducer(library.address, config)
	check(err)
	return saramaTransaction{producer}
}

func (transaction saramaTransaction) Begin() { check(transaction.producer.BeginTxn()) }

func (transaction saramaTransaction) Send(topic string, partition int32, value string) {
	_, _, err := transaction.producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Partition: partition, Value: sarama.StringEncoder(value)})
	check(err)
}

// Flush has nothing to do: what was sent is written.
func (transaction saramaTransaction) Flush() {}

func (transaction saramaTransaction) Commit() { check(transaction.producer.CommitTxn()) }

func (transaction saramaTransaction) Abort() { check(transaction.producer.AbortTxn()) }

func (transaction saramaTransaction) Close() { check(transaction.producer.Close()) }

// Process takes up to 7 records at a time. The library does not take a session back to a position of before: a batch that was aborted is sent again.
func (library *saramaLibrary) Process(id, group, source, target string, count int) {
	transaction := library.Transaction(id).(saramaTransaction)
	config := library.config()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	member := saramaMember{Member: newMember(), topic: source}
	var alone sync.Mutex // one transaction at a time, of claims side by side
	rounds := 0
	send := func(session sarama.ConsumerGroupSession, batch []*sarama.ConsumerMessage, isCommit bool) error {
		if err := transaction.producer.BeginTxn(); err != nil {
			return err
		}
		for _, message := range batch {
			one := &sarama.ProducerMessage{Topic: target, Partition: message.Partition, Value: sarama.StringEncoder("from-" + string(message.Value))}
			if _, _, err := transaction.producer.SendMessage(one); err != nil {
				return err
			}
		}
		metadata := sarama.NewConsumerGroupMetadataFromSession(session, group, nil)
		if err := transaction.producer.AddMessageToTxnWithGroupMetadata(batch[len(batch)-1], metadata, nil); err != nil {
			return err
		}
		if isCommit {
			return transaction.producer.CommitTxn()
		}
		return transaction.producer.AbortTxn()
	}
	member.process = func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
		for message := range claim.Messages() {
			batch := []*sarama.ConsumerMessage{message}
			for len(batch) < 7 && len(claim.Messages()) > 0 {
				batch = append(batch, <-claim.Messages())
			}
			alone.Lock()
			rounds++
			err := error(nil)
			if rounds%3 == 2 {
				err = send(session, batch, false)
			}
			err = errors.Join(err, send(session, batch, true))
			alone.Unlock()
			if err != nil {
				return err
			}
			for _, each := range batch {
				member.show(saramaRecord(each))
			}
		}
		return nil
	}
	library.run(member, group, config)
	for member.count() < count {
		time.Sleep(20 * time.Millisecond)
	}
	member.end()
	transaction.Close()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// segmentio is kafka-go: its Writer, Reader and ConsumerGroup, and its Client for the administration.
type segmentio struct {
	address string
	client  *kafka.Client
}

func openSegmentio(address string) Library {
	at, err := net.ResolveTCPAddr("tcp", address)
	check(err)
	return &segmentio{address, &kafka.Client{Addr: at, Timeout: 30 * time.Second, Transport: &kafka.Transport{MetadataTTL: time.Second}}}
}

func (library *segmentio) Create(topic string, partitions int, configs map[string]string) {
	wanted := kafka.TopicConfig{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}
	for name, value := range configs {
		wanted.ConfigEntries = append(wanted.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	answer, err := library.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{wanted}})
	check(err)
	check(answer.Errors[topic])
}

func (library *segmentio) Produce(topic string, records []Record, codec string, idempotent bool) {
	if idempotent {
		panic(Absent("idempotent producers"))
	}
	// With the transport that created the topic, which knows of it therefore: another one learns of it when its metadata is old enough.
	writer := &kafka.Writer{Addr: kafka.TCP(library.address), Transport: library.client.Transport, Topic: topic, RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond,
		Balancer:    kafka.BalancerFunc(func(message kafka.Message, _ ...int) int { return message.WriterData.(int) }),
		Compression: map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}[codec]}
	defer writer.Close()
	var messages []kafka.Message
	for _, record := range records {
		message := kafka.Message{Key: record.Key, Value: []byte(record.Value), WriterData: int(record.Partition)}
		for _, header := range record.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: header.Name, Value: []byte(header.Value)})
		}
		if record.Timestamp != 0 {
			message.Time = time.UnixMilli(record.Timestamp)
		}
		messages = append(messages, message)
	}
	check(writer.WriteMessages(ctx, messages...))
}

func (library *segmentio) reader(topic string, partition int32) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{library.address}, Topic: topic, Partition: int(partition), MaxWait: 100 * time.Millisecond,
		MaxBytes: 1 << 20})
}

func (library *segmentio) Read(topic string, partition int32, committed bool, show func(Record) bool) {
	if committed {
		panic(Absent("transactions"))
	}
	reader := library.reader(topic, partition)
	defer reader.Close()
	check(reader.SetOffset(kafka.FirstOffset))
	for {
		message, err := reader.ReadMessage(ctx)
		check(err)
		if !show(segmentioRecord(message)) {
			return
		}
	}
}

func segmentioRecord(message kafka.Message) Record {
	found := Record{Partition: int32(message.Partition), Key: message.Key, Value: string(message.Value), Timestamp: message.Time.UnixMilli()}
	for _, header := range message.Headers {
		found.Headers = append(found.Headers, Header{header.Key, string(header.Value)})
	}
	return found
}

func (library *segmentio) Join(topic, group, protocol string) *Member {
	if protocol != "classic" {
		panic(Absent("groups of the consumer protocol"))
	}
	consumers, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{ID: group, Brokers: []string{library.address}, Topics: []string{topic},
		HeartbeatInterval: 500 * time.Millisecond, StartOffset: kafka.FirstOffset})
	check(err)
	member := newMember()
	running, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			generation, err := consumers.Next(running)
			if running.Err() != nil {
				return
			}
			var told kafka.Error
			if errors.As(err, &told) && told.Temporary() {
				continue // as the library wants it: it tells each error, and tries again when it is asked again
			}
			if err != nil {
				member.fail(err)
				return
			}
			var assigned []int32
			for _, each := range generation.Assignments[topic] {
				assigned = append(assigned, int32(each.ID))
				generation.Start(func(lasting context.Context) { library.follow(lasting, generation, topic, each, member) })
			}
			member.assignOnly(assigned...)
		}
	}()
	member.leave = func() error {
		cancel()
		<-done
		return consumers.Close()
	}
	return member
}

// follow reads a partition for as long as a generation lasts. What it could not commit in it, another generation reads again.
func (library *segmentio) follow(lasting context.Context, generation *kafka.Generation, topic string, from kafka.PartitionAssignment, member *Member) {
	reader := library.reader(topic, int32(from.ID))
	defer reader.Close()
	if err := reader.SetOffset(from.Offset); err != nil {
		member.fail(err)
		return
	}
	for {
		message, err := reader.ReadMessage(lasting)
		if err == nil {
			err = generation.CommitOffsets(map[string]map[int]int64{topic: {from.ID: message.Offset + 1}})
		}
		if lasting.Err() != nil {
			return
		}
		if err != nil {
			member.fail(err)
			return
		}
		member.show(segmentioRecord(message))
	}
}

func (library *segmentio) Committed(group, topic string, partitions int) []int64 {
	var asked []int
	for partition := range partitions {
		asked = append(asked, partition)
	}
	answer, err := library.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: asked}})
	check(err)
	check(answer.Error)
	found := make([]int64, partitions)
	for _, each := range answer.Topics[topic] {
		check(each.Error)
		found[each.Partition] = each.CommittedOffset
	}
	return found
}

func (library *segmentio) AtTime(topic string, partition int32, timestamp int64) Record {
	reader := library.reader(topic, partition)
	defer reader.Close()
	check(reader.SetOffsetAt(ctx, time.UnixMilli(timestamp)))
	message, err := reader.ReadMessage(ctx)
	check(err)
	return segmentioRecord(message)
}

func (library *segmentio) metadata(topics ...string) *kafka.MetadataResponse {
	answer, err := library.client.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
	check(err)
	return answer
}

func (library *segmentio) Topics() []string {
	var names []string
	for _, topic := range library.metadata().Topics {
		names = append(names, topic.Name)
	}
	return names
}

func (library *segmentio) Partitions(topic string) []int32 {
	found := library.metadata(topic).Topics[0]
	check(found.Error)
	var ids []int32
	for _, partition := range found.Partitions {
		ids = append(ids, int32(partition.ID))
	}
	slices.Sort(ids)
	return ids
}

func (library *segmentio) Cluster() ([]int32, int32) {
	answer := library.metadata()
	var ids []int32
	for _, broker := range answer.Brokers {
		ids = append(ids, int32(broker.ID))
	}
	return ids, int32(answer.Controller.ID)
}

func (library *segmentio) Config(topic, name string) string {
	answer, err := library.client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic}}})
	check(err)
	check(answer.Resources[0].Error)
	for _, entry := range answer.Resources[0].ConfigEntries {
		if entry.ConfigName == name {
			return entry.ConfigValue
		}
	}
	panic(fmt.Errorf("no config %s", name))
}

func (library *segmentio) Group(name string) (string, int) {
	answer, err := library.client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{name}})
	check(err)
	check(answer.Groups[0].Error)
	return answer.Groups[0].GroupState, len(answer.Groups[0].Members)
}

func (library *segmentio) Groups() []string {
	answer, err := library.client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	check(err)
	check(answer.Error)
	var names []string
	for _, group := range answer.Groups {
		names = append(names, group.GroupID)
	}
	return names
}

func (library *segmentio) AlterConfig(topic, name, value string) {
	answer, err := library.client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value, ConfigOperation: kafka.ConfigOperationSet}}}}})
	check(err)
	check(answer.Resources[0].Error)
}

func (library *segmentio) Grow(topic string, count int) {
	answer, err := library.client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: int32(count)}}})
	check(err)
	check(answer.Errors[topic])
}

func (library *segmentio) DeleteRecords(string, int32, int64) {
	panic(Absent("the deletion of records"))
}

func (library *segmentio) DeleteGroup(name string) {
	answer, err := library.client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{name}})
	check(err)
	check(answer.Errors[name])
}

func (library *segmentio) Delete(topic string) {
	answer, err := library.client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	check(err)
	check(answer.Errors[topic])
}

// The library has the requests of transactions one by one, and no producer that sends them.
func (library *segmentio) Transaction(string) Transaction { panic(Absent("a transactional producer")) }

func (library *segmentio) Process(string, string, string, string, int) {
	panic(Absent("a transactional producer"))
}

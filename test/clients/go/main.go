// franz-go, one command a run: ADDRESS COMMAND ARGUMENTS. Records travel as lines, "partition timestamp key value headers",
// as test/support/clients-records.ts writes and reads them.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var ctx, cancel = context.WithTimeout(context.Background(), 100*time.Second)
var out = bufio.NewWriter(os.Stdout)

func main() {
	defer cancel()
	address, args := os.Args[1], os.Args[3:]
	switch os.Args[2] {
	case "produce":
		produce(address, args[0], args[1])
	case "group":
		group(address, args[0], args[1], number(args[2]))
	case "at":
		at(address, args[0], int32(number(args[1])), int64(number(args[2])))
	case "missing":
		_, err := admin(address).ListEndOffsets(ctx, args[0])
		topics, _ := admin(address).ListTopics(ctx, args[0])
		fmt.Fprintln(out, err, topics[args[0]].Err)
	case "create":
		_, err := admin(address).CreateTopic(ctx, int32(number(args[1])), 1, nil, args[0])
		check(err)
	case "list":
		topics, err := admin(address).ListTopics(ctx)
		check(err)
		fmt.Fprintln(out, strings.Join(topics.Names(), "\n"))
	case "delete":
		_, err := admin(address).DeleteTopic(ctx, args[0])
		check(err)
	}
	check(out.Flush())
}

func client(address string, options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append(options, kgo.SeedBrokers(address), kgo.FetchMaxWait(200*time.Millisecond))...)
	check(err)
	return made
}

func admin(address string) *kadm.Client {
	return kadm.NewClient(client(address))
}

// Idempotent and acks=all, as by default.
func produce(address, topic, codec string) {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	producer := client(address, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(codecs[codec]), kgo.AllowAutoTopicCreation())
	defer producer.Close()
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	var records []*kgo.Record
	for input.Scan() {
		fields := strings.Split(input.Text(), " ")
		record := &kgo.Record{Topic: topic, Partition: int32(number(fields[0])), Key: bytes(fields[2]), Value: bytes(fields[3]), Headers: headers(fields[4])}
		if fields[1] != "-" {
			record.Timestamp = time.UnixMilli(int64(number(fields[1])))
		}
		records = append(records, record)
	}
	check(input.Err())
	check(producer.ProduceSync(ctx, records...).FirstErr())
}

func group(address, topic, name string, count int) {
	consumer := client(address, kgo.ConsumerGroup(name), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	defer consumer.Close()
	for read := 0; read < count; {
		fetches := consumer.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(show)
		read += fetches.NumRecords()
	}
	check(consumer.CommitUncommittedOffsets(ctx))
	seen, err := admin(address).DescribeGroups(ctx, name)
	check(err)
	fmt.Fprintln(out, "group", seen[name].State, len(seen[name].Members))
}

func at(address, topic string, partition int32, timestamp int64) {
	start := map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().AfterMilli(timestamp)}}
	consumer := client(address, kgo.ConsumePartitions(start))
	defer consumer.Close()
	fetches := consumer.PollRecords(ctx, 1)
	check(fetches.Err())
	fetches.EachRecord(show)
}

func show(record *kgo.Record) {
	var shown []string
	for _, header := range record.Headers {
		shown = append(shown, field([]byte(header.Key))+":"+field(header.Value))
	}
	if shown == nil {
		shown = []string{"."}
	}
	fmt.Fprintln(out, record.Offset, record.Partition, record.Timestamp.UnixMilli(), field(record.Key), field(record.Value), strings.Join(shown, ","))
}

func field(value []byte) string {
	if value == nil {
		return "-"
	}
	return "+" + base64.StdEncoding.EncodeToString(value)
}

func bytes(text string) []byte {
	if text == "-" {
		return nil
	}
	value, err := base64.StdEncoding.DecodeString(text[1:])
	check(err)
	return value
}

func headers(text string) []kgo.RecordHeader {
	var all []kgo.RecordHeader
	if text == "." {
		return all
	}
	for _, pair := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(pair, ":")
		all = append(all, kgo.RecordHeader{Key: string(bytes(name)), Value: bytes(value)})
	}
	return all
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

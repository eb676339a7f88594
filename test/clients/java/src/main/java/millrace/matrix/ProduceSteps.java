package millrace.matrix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static millrace.matrix.Clients.equal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Steps without a group. */
final class ProduceSteps {
  private static final long BASE = 1_700_000_000_000L;
  private final Clients clients;

  ProduceSteps(Clients clients) {
    this.clients = clients;
  }

  void roundTrip(String codec) throws Exception {
    String topic = clients.topic(codec, 2);
    var records = IntStream.range(0, 200).mapToObj(at -> {
      List<Header> headers = List.of(new RecordHeader("at", String.valueOf(at).getBytes(UTF_8)), new RecordHeader("empty", new byte[0]), new RecordHeader("none", (byte[]) null));
      byte[] key = at % 5 == 0 ? null : ("key-" + at).getBytes(UTF_8);
      return new ProducerRecord<>(topic, at % 2, BASE + at, key, ("value " + at + " ").repeat(1 + at % 40).getBytes(UTF_8), headers);
    }).toList();
    try (var producer = clients.producer(Map.of("compression.type", codec, "linger.ms", 5))) {
      clients.send(producer, records, 0);
    }
    List<ConsumerRecord<byte[], byte[]>> seen = clients.read(topic, 2, false);
    equal(seen.size(), 200, "records read back");
    for (int at = 0; at < 200; at++) {
      var sent = records.get(at < 100 ? at * 2 : (at - 100) * 2 + 1);
      var read = seen.get(at);
      equal(read.key(), sent.key(), "key");
      equal(read.value(), sent.value(), "value");
      equal(List.of(read.partition(), read.timestamp(), read.offset()), List.of(sent.partition(), sent.timestamp(), (long) (at % 100)), "place");
      equal(List.of(read.headers().toArray()), List.of(sent.headers().toArray()), "headers");
    }
  }

  void idempotent() throws Exception {
    String topic = clients.topic("idempotent", 1);
    List<String> values = IntStream.range(0, 1000).mapToObj(at -> "value-" + at).toList();
    Map<String, Object> settings = Map.of("enable.idempotence", true, "acks", "all", "batch.size", 500);
    try (var producer = clients.producer(settings)) {
      clients.send(producer, values.stream().map(value -> new ProducerRecord<byte[], byte[]>(topic, 0, null, value.getBytes(UTF_8))).toList(), 0);
    }
    equal(Clients.values(clients.read(topic, 1, false)), values, "values read back");
  }

  void seekByTime() throws Exception {
    String topic = clients.topic("seek", 2);
    try (var producer = clients.producer(Map.of())) {
      clients.send(producer, IntStream.range(0, 20).mapToObj(at -> new ProducerRecord<byte[], byte[]>(topic, at % 2, BASE + at * 1000L, null, ("value-" + at).getBytes(UTF_8))).toList(), 0);
    }
    var partition = new TopicPartition(topic, 1);
    try (var consumer = clients.consumer(Map.of())) {
      consumer.assign(List.of(partition));
      var found = consumer.offsetsForTimes(Map.of(partition, BASE + 6500)).get(partition);
      equal(List.of(found.offset(), found.timestamp()), List.of(3L, BASE + 7000), "offset at or after the time");
      consumer.seek(partition, found.offset());
      var polled = consumer.poll(Duration.ofMillis(500));
      while (polled.isEmpty()) polled = consumer.poll(Duration.ofMillis(500));
      var first = polled.iterator().next();
      equal(List.of(new String(first.value(), UTF_8), first.timestamp()), List.of("value-7", BASE + 7000), "record at or after the time");
      equal(consumer.offsetsForTimes(Map.of(partition, BASE + 60_000)).get(partition), null, "offset after the last time");
    }
  }
}

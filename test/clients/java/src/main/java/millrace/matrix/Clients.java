package millrace.matrix;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The clients of one run, and what every step needs of them. */
final class Clients implements AutoCloseable {
  final Admin admin;
  private final String address;
  private final String prefix = "java-" + Long.toString(System.nanoTime(), 36);

  Clients(String address) {
    this.address = address;
    this.admin = Admin.create(Map.of("bootstrap.servers", address));
  }

  /** A name that no other run has. */
  String name(String name) {
    return prefix + "-" + name;
  }

  String topic(String name, int partitions) throws Exception {
    return topic(name, partitions, Map.of());
  }

  String topic(String name, int partitions, Map<String, String> configs) throws Exception {
    admin.createTopics(List.of(new NewTopic(name(name), partitions, (short) 1).configs(configs))).all().get();
    return name(name);
  }

  KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("bootstrap.servers", address);
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("bootstrap.servers", address);
    all.put("enable.auto.commit", false);
    all.put("auto.offset.reset", "earliest");
    all.put("fetch.max.wait.ms", 100);
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Sends all, and checks that each partition gave its records the offsets that follow one another from `firstOffset`. */
  void send(KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records, long firstOffset) throws Exception {
    List<Future<RecordMetadata>> sent = records.stream().map(producer::send).toList();
    Map<Integer, Long> next = new HashMap<>();
    for (Future<RecordMetadata> each : sent) {
      RecordMetadata told = each.get();
      equal(told.offset(), next.getOrDefault(told.partition(), firstOffset), "offset in partition " + told.partition());
      next.put(told.partition(), told.offset() + 1);
    }
  }

  /** `count` values to the partitions in turn; the values. */
  List<String> fill(String topic, int partitions, String label, int count) throws Exception {
    List<String> values = IntStream.range(0, count).mapToObj(at -> label + "-" + at).toList();
    try (var producer = producer(Map.of("linger.ms", 5))) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int at = 0; at < count; at++) sent.add(producer.send(new ProducerRecord<>(topic, at % partitions, null, values.get(at).getBytes(UTF_8))));
      for (Future<RecordMetadata> each : sent) each.get();
    }
    return values;
  }

  /** All that is in a topic, a partition after the other. */
  List<ConsumerRecord<byte[], byte[]>> read(String topic, int partitions, boolean isCommitted) {
    try (var consumer = consumer(Map.of("isolation.level", isCommitted ? "read_committed" : "read_uncommitted"))) {
      var assigned = IntStream.range(0, partitions).mapToObj(partition -> new TopicPartition(topic, partition)).toList();
      consumer.assign(assigned);
      consumer.seekToBeginning(assigned);
      Map<TopicPartition, Long> ends = consumer.endOffsets(assigned);
      Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> found = new HashMap<>();
      while (assigned.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        var polled = consumer.poll(Duration.ofMillis(200));
        for (TopicPartition partition : polled.partitions()) found.computeIfAbsent(partition, none -> new ArrayList<>()).addAll(polled.records(partition));
      }
      return assigned.stream().flatMap(partition -> found.getOrDefault(partition, List.of()).stream()).toList();
    }
  }

  /** What a group has committed, partition by partition; -1 where nothing. */
  List<Long> committed(String group, String topic, int partitions) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> found = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    return IntStream.range(0, partitions).mapToObj(partition -> found.get(new TopicPartition(topic, partition))).map(offset -> offset == null ? -1L : offset.offset()).toList();
  }

  static List<String> values(List<ConsumerRecord<byte[], byte[]>> records) {
    return records.stream().map(record -> new String(record.value(), UTF_8)).toList();
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  /** Until the condition holds; the step's own limit ends the wait. */
  static void await(String what, Condition condition, Member... members) throws Exception {
    while (!condition.holds()) {
      for (Member member : members) member.failIfFailed();
      try {
        Thread.sleep(20);
      } catch (InterruptedException ended) {
        throw new AssertionError("never: " + what, ended);
      }
    }
  }

  static void equal(Object seen, Object wanted, String what) {
    if (!Objects.deepEquals(seen, wanted)) throw new AssertionError(what + ": " + shown(seen) + " instead of " + shown(wanted));
  }

  private static String shown(Object value) {
    String text = value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value);
    return text.length() > 300 ? text.substring(0, 300) : text;
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(5));
  }
}

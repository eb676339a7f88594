package millrace.matrix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static millrace.matrix.Clients.equal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Transactions, with offsets of groups of both protocols among them. */
final class TransactionSteps {
  private final Clients clients;

  TransactionSteps(Clients clients) {
    this.clients = clients;
  }

  private KafkaProducer<byte[], byte[]> producer(String name) {
    var producer = clients.producer(Map.of("transactional.id", clients.name(name), "transaction.timeout.ms", 60_000));
    producer.initTransactions();
    return producer;
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int partition, String value) {
    return new ProducerRecord<>(topic, partition, null, value.getBytes(UTF_8));
  }

  void commitAndAbort() throws Exception {
    String topic = clients.topic("transaction", 2);
    List<String> kept = new ArrayList<>();
    try (var producer = producer("transaction")) {
      for (int at = 0; at < 12; at++) {
        boolean isKept = at % 3 != 1;
        producer.beginTransaction();
        for (int partition = 0; partition < 2; partition++) {
          String value = (isKept ? "kept-" : "dropped-") + at + "-" + partition;
          producer.send(record(topic, partition, value));
          if (isKept) kept.add(value);
        }
        producer.flush();
        if (isKept) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    equal(Clients.values(clients.read(topic, 2, true)).stream().sorted().toList(), kept.stream().sorted().toList(), "read committed");
    equal(clients.read(topic, 2, false).size(), 24, "read uncommitted");
  }

  void process() throws Exception {
    for (String protocol : List.of("classic", "consumer")) process(protocol);
  }

  private void process(String protocol) throws Exception {
    String source = clients.topic("source-" + protocol, 2);
    String target = clients.topic("target-" + protocol, 2);
    String group = clients.name("process-" + protocol);
    List<String> wanted = clients.fill(source, 2, "value", 60).stream().map(value -> "from-" + value).sorted().toList();
    Map<String, Object> settings = Map.of("group.id", group, "group.protocol", protocol, "isolation.level", "read_committed", "max.poll.records", 7);
    try (var producer = producer("process-" + protocol); var consumer = clients.consumer(settings)) {
      consumer.subscribe(List.of(source));
      for (int done = 0, round = 0; done < 60;) {
        var polled = consumer.poll(Duration.ofMillis(200));
        if (polled.isEmpty()) continue;
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> found : polled) {
          producer.send(record(target, found.partition(), "from-" + new String(found.value(), UTF_8)));
          next.put(new TopicPartition(source, found.partition()), new OffsetAndMetadata(found.offset() + 1));
        }
        producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
        if (round++ % 3 == 1) {
          producer.abortTransaction();
          rewind(consumer);
        } else {
          producer.commitTransaction();
          done += polled.count();
        }
      }
    }
    equal(Clients.values(clients.read(target, 2, true)).stream().sorted().toList(), wanted, "records that came out");
    equal(clients.committed(group, source, 2), List.of(30L, 30L), "committed offsets");
  }

  /** Back to what is committed: what was polled since was aborted. */
  private static void rewind(KafkaConsumer<byte[], byte[]> consumer) {
    consumer.committed(consumer.assignment()).forEach((partition, offset) -> {
      if (offset == null) consumer.seekToBeginning(List.of(partition));
      else consumer.seek(partition, offset.offset());
    });
  }

  void zombie() throws Exception {
    String topic = clients.topic("zombie", 1);
    var first = producer("zombie");
    first.beginTransaction();
    first.send(record(topic, 0, "dropped")).get();
    try (var second = producer("zombie")) {
      second.beginTransaction();
      second.send(record(topic, 0, "kept"));
      second.commitTransaction();
      try {
        first.send(record(topic, 0, "dropped too"));
        first.commitTransaction();
        throw new AssertionError("the first was not fenced");
      } catch (KafkaException told) {
        if (!isFenced(told)) throw told;
      }
    } finally {
      first.close(Duration.ZERO);
    }
    equal(Clients.values(clients.read(topic, 1, true)), List.of("kept"), "read committed");
  }

  private static boolean isFenced(Throwable told) {
    if (told == null) return false;
    return told instanceof ProducerFencedException || told instanceof InvalidProducerEpochException || isFenced(told.getCause());
  }
}

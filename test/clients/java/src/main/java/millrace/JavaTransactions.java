package millrace;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Transactions of Apache Kafka's Java client, one command a run: ADDRESS COMMAND ARGUMENTS. Prints a line for what it saw. */
public final class JavaTransactions {
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] args) throws Exception {
    String address = args[0];
    switch (args[1]) {
      case "write" -> write(address, args[2], args[3], List.of(args).subList(4, args.length));
      case "process" -> process(address, args[2], args[3], args[4], consumer(address, args[5], args.length > 7 ? args[7] : "classic"), Integer.parseInt(args[6]));
      case "zombie" -> zombie(address, args[2], args[3]);
      default -> throw new IllegalArgumentException("unknown command " + args[1]);
    }
    OUT.flush();
  }

  /** Each of `values` in a transaction of its own, to every partition; aborted when it begins with "dropped". */
  private static void write(String address, String id, String topic, List<String> values) throws Exception {
    try (var producer = producer(address, id)) {
      producer.initTransactions();
      int partitions = producer.partitionsFor(topic).size();
      for (String value : values) {
        producer.beginTransaction();
        for (int partition = 0; partition < partitions; partition++) producer.send(record(topic, partition, value));
        if (value.startsWith("dropped")) {
          producer.flush();
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
        }
      }
    }
  }

  /** Consume, process, produce: `count` committed records of one topic go to another, with the group's offsets; every third transaction is aborted, and done again. */
  private static void process(String address, String id, String from, String to, KafkaConsumer<byte[], byte[]> consumer, int count) throws Exception {
    try (var producer = producer(address, id); consumer) {
      producer.initTransactions();
      consumer.subscribe(List.of(from));
      int done = 0;
      for (int round = 0; done < count; round++) {
        var found = consumer.poll(Duration.ofMillis(500));
        if (found.isEmpty()) continue;
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : found) {
          producer.send(record(to, record.partition(), "from-" + new String(record.value(), StandardCharsets.UTF_8)));
          next.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
        if (round % 3 == 1) {
          producer.abortTransaction();
          rewind(consumer);
        } else {
          producer.commitTransaction();
          done += found.count();
        }
      }
      OUT.println("processed " + done);
    }
  }

  private static void rewind(KafkaConsumer<byte[], byte[]> consumer) {
    Set<TopicPartition> assigned = consumer.assignment();
    Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(assigned);
    for (TopicPartition partition : assigned) {
      OffsetAndMetadata offset = committed.get(partition);
      if (offset == null) consumer.seekToBeginning(List.of(partition));
      else consumer.seek(partition, offset.offset());
    }
  }

  /** A second producer of the same id fences the first; prints what the first is told, and "second ok" when the second goes on. */
  private static void zombie(String address, String id, String topic) throws Exception {
    var first = producer(address, id);
    first.initTransactions();
    first.beginTransaction();
    first.send(record(topic, 0, "dropped-zombie")).get();
    try (var second = producer(address, id)) {
      second.initTransactions();
      second.beginTransaction();
      second.send(record(topic, 0, "kept-second")).get();
      try {
        first.send(record(topic, 0, "dropped-late"));
        first.flush();
        first.commitTransaction();
        OUT.println("first was not fenced");
      } catch (KafkaException fenced) {
        OUT.println("first " + fenced.getClass().getSimpleName());
      }
      second.commitTransaction();
      OUT.println("second ok");
    } finally {
      first.close(Duration.ZERO);
    }
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int partition, String value) {
    return new ProducerRecord<>(topic, partition, null, value.getBytes(StandardCharsets.UTF_8));
  }

  private static KafkaProducer<byte[], byte[]> producer(String address, String id) {
    Map<String, Object> settings = Map.of("bootstrap.servers", address, "transactional.id", id, "transaction.timeout.ms", 60_000, "retry.backoff.ms", 20,
        "reconnect.backoff.ms", 20, "reconnect.backoff.max.ms", 200);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String address, String group, String protocol) {
    Map<String, Object> settings = Map.of("bootstrap.servers", address, "group.id", group, "auto.offset.reset", "earliest", "isolation.level", "read_committed",
        "enable.auto.commit", false, "fetch.max.wait.ms", 200, "max.poll.records", 7, "group.protocol", protocol);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}

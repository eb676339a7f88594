package millrace;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Apache Kafka's Java client, one command a run: ADDRESS COMMAND ARGUMENTS.
 * Records travel as lines, "partition timestamp key value headers", as test/support/clients-records.ts writes and reads them.
 */
public final class JavaClient {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  public static void main(String[] args) throws Exception {
    String address = args[0];
    switch (args[1]) {
      case "produce" -> produce(address, args[2], args[3]);
      case "produce-acked" -> produceAcked(address, args[2], Integer.parseInt(args[3]));
      case "transact" -> transact(address, args[2]);
      case "committed" -> committed(address, args[2]);
      case "group" -> group(address, args[2], args[3], Integer.parseInt(args[4]));
      case "at" -> at(address, new TopicPartition(args[2], Integer.parseInt(args[3])), Long.parseLong(args[4]));
      case "missing" -> missing(address, args[2]);
      case "create" -> withAdmin(address, admin -> admin.createTopics(List.of(new NewTopic(args[2], Integer.parseInt(args[3]), (short) 1))).all().get());
      case "list" -> withAdmin(address, admin -> {
        admin.listTopics().names().get().forEach(OUT::println);
        return null;
      });
      case "delete" -> withAdmin(address, admin -> admin.deleteTopics(List.of(args[2])).all().get());
      default -> throw new IllegalArgumentException("unknown command " + args[1]);
    }
    OUT.flush();
  }

  /** Sends the lines of the standard input with the client's defaults: acks=all and idempotence. */
  private static void produce(String address, String topic, String codec) throws Exception {
    try (var producer = producer(address, Map.of("compression.type", codec));
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        String[] fields = line.split(" ");
        Long timestamp = fields[1].equals("-") ? null : Long.valueOf(fields[1]);
        sent.add(producer.send(new ProducerRecord<>(topic, Integer.valueOf(fields[0]), timestamp, bytes(fields[2]), bytes(fields[3]), headers(fields[4]))));
      }
      for (Future<RecordMetadata> future : sent) future.get();
    }
  }

  /** Sends numbered records for ever-lasting retries and prints "acked NUMBER OFFSET" for each as it is acknowledged. */
  private static void produceAcked(String address, String topic, int count) throws Exception {
    var settings = Map.<String, Object>of("delivery.timeout.ms", 120_000, "request.timeout.ms", 5_000, "linger.ms", 1, "batch.size", 2_000,
        "reconnect.backoff.ms", 20, "reconnect.backoff.max.ms", 100);
    try (var producer = producer(address, settings)) {
      for (int number = 0; number < count; number++) {
        int sent = number;
        producer.send(new ProducerRecord<>(topic, 0, null, String.valueOf(number).getBytes(StandardCharsets.UTF_8)), (metadata, error) -> {
          OUT.println(error == null ? "acked " + sent + " " + metadata.offset() : "failed " + sent + " " + error);
          OUT.flush();
        });
        if (number % 20 == 19) Thread.sleep(1); // spreads the records over the time in which the broker is killed
      }
    }
    OUT.println("done");
  }

  /**
   * A history of transactions over partitions 0 and 1: sixty short ones, every third aborted, beside two long ones of either fate, and one
   * left open in partition 0 with a committed one behind it. Values begin with kept, dropped, open or behind. Ends without closing anything.
   */
  private static void transact(String address, String topic) throws Exception {
    var shortOnes = transactional(address, "short");
    var longKept = transactional(address, "long-kept");
    var longDropped = transactional(address, "long-dropped");
    longKept.beginTransaction();
    longDropped.beginTransaction();
    for (int round = 0; round < 60; round++) {
      boolean isDropped = round % 3 == 0;
      if (round % 10 == 5 && round < 40) sendBoth(longKept, topic, "kept-long-" + round, 1);
      if (round % 10 == 5 && round < 50) sendBoth(longDropped, topic, "dropped-long-" + round, 1);
      shortOnes.beginTransaction();
      sendBoth(shortOnes, topic, (isDropped ? "dropped-" : "kept-") + round, 40);
      if (isDropped) shortOnes.abortTransaction();
      else shortOnes.commitTransaction();
      if (round == 40) longKept.commitTransaction();
      if (round == 50) longDropped.abortTransaction();
    }
    var open = transactional(address, "left-open");
    open.beginTransaction();
    open.send(new ProducerRecord<>(topic, 0, null, "open".getBytes(StandardCharsets.UTF_8))).get();
    shortOnes.beginTransaction();
    sendBoth(shortOnes, topic, "behind", 2);
    shortOnes.commitTransaction();
    Runtime.getRuntime().halt(0); // closing a producer would end its transaction
  }

  private static void sendBoth(KafkaProducer<byte[], byte[]> producer, String topic, String name, int count) {
    for (int at = 0; at < count; at++) {
      byte[] value = (name + "-" + at + " " + "x".repeat(500)).getBytes(StandardCharsets.UTF_8);
      for (int partition = 0; partition < 2; partition++) producer.send(new ProducerRecord<>(topic, partition, null, value));
    }
    producer.flush();
  }

  private static KafkaProducer<byte[], byte[]> transactional(String address, String id) {
    var producer = producer(address, Map.of("transactional.id", id, "transaction.timeout.ms", 900_000));
    producer.initTransactions();
    return producer;
  }

  /** Prints all that read_committed shows of a topic, "partition offset value" up to the value's first blank, then "end partition offset". */
  private static void committed(String address, String topic) {
    Map<String, Object> settings = Map.of("bootstrap.servers", address, "isolation.level", "read_committed", "enable.auto.commit", false);
    try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partitions = consumer.partitionsFor(topic).stream().map(found -> new TopicPartition(topic, found.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        for (var found : consumer.poll(Duration.ofMillis(500))) {
          OUT.println(found.partition() + " " + found.offset() + " " + new String(found.value(), StandardCharsets.UTF_8).split(" ")[0]);
        }
      }
      ends.forEach((partition, end) -> OUT.println("end " + partition.partition() + " " + end));
    }
  }

  private static void group(String address, String topic, String group, int count) throws Exception {
    try (var consumer = consumer(address, group)) {
      consumer.subscribe(List.of(topic));
      for (int read = 0; read < count;) {
        for (var found : consumer.poll(Duration.ofMillis(500))) {
          print(found);
          read++;
        }
      }
      consumer.commitSync();
      withAdmin(address, admin -> {
        ConsumerGroupDescription seen = admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get();
        OUT.println("group " + seen.groupState() + " " + seen.members().size());
        return null;
      });
    }
  }

  private static void at(String address, TopicPartition partition, long timestamp) {
    try (var consumer = consumer(address, "seek")) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, consumer.offsetsForTimes(Map.of(partition, timestamp)).get(partition).offset());
      for (;;) {
        var found = consumer.poll(Duration.ofMillis(500)).iterator();
        if (!found.hasNext()) continue;
        print(found.next());
        return;
      }
    }
  }

  private static void missing(String address, String topic) throws Exception {
    try {
      withAdmin(address, admin -> admin.describeTopics(List.of(topic)).allTopicNames().get());
    } catch (ExecutionException error) {
      OUT.println(error.getCause().getClass().getSimpleName());
    }
    try (var consumer = consumer(address, "missing")) {
      OUT.println(consumer.partitionsFor(topic));
    }
  }

  private interface AdminWork {
    Object run(Admin admin) throws Exception;
  }

  private static void withAdmin(String address, AdminWork work) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      work.run(admin);
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(String address, Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("bootstrap.servers", address);
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String address, String group) {
    Map<String, Object> settings = Map.of("bootstrap.servers", address, "group.id", group, "auto.offset.reset", "earliest",
        "enable.auto.commit", false, "allow.auto.create.topics", false, "fetch.max.wait.ms", 200);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static void print(ConsumerRecord<byte[], byte[]> found) {
    StringBuilder headers = new StringBuilder();
    for (Header header : found.headers()) {
      headers.append(headers.length() == 0 ? "" : ",").append(field(header.key().getBytes(StandardCharsets.UTF_8))).append(':').append(field(header.value()));
    }
    OUT.println(found.offset() + " " + found.partition() + " " + found.timestamp() + " " + field(found.key()) + " " + field(found.value()) + " "
        + (headers.length() == 0 ? "." : headers));
  }

  private static List<Header> headers(String text) {
    if (text.equals(".")) return List.of();
    return Arrays.stream(text.split(",")).map(header -> {
      String[] parts = header.split(":");
      return (Header) new RecordHeader(new String(bytes(parts[0]), StandardCharsets.UTF_8), bytes(parts[1]));
    }).toList();
  }

  private static String field(byte[] bytes) {
    return bytes == null ? "-" : "+" + Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] bytes(String field) {
    return field.equals("-") ? null : Base64.getDecoder().decode(field.substring(1));
  }
}

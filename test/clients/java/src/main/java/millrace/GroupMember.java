package millrace;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * One member of a group: ADDRESS GROUP SUBSCRIPTION NAME=VALUE..., where the subscription is names of topics with commas, or a pattern
 * between slashes, and the rest are settings of the consumer. Prints "assigned TOPIC-PARTITION ..." for each new assignment, "record
 * TOPIC-PARTITION OFFSET VALUE" for each record, "lost" when it was put out. Obeys lines of its input: "subscribe SUBSCRIPTION", "commit",
 * "close".
 */
public final class GroupMember {
  public static void main(String[] args) throws Exception {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", args[0]);
    settings.put("group.id", args[1]);
    settings.put("group.protocol", "consumer");
    settings.put("enable.auto.commit", false);
    settings.put("auto.offset.reset", "earliest");
    for (String setting : Arrays.copyOfRange(args, 3, args.length)) settings.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);
    Queue<String> commands = new ConcurrentLinkedQueue<>();
    Thread reader = new Thread(() -> {
      try (var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
        input.lines().forEach(commands::add);
      } catch (Exception error) {
        commands.add("close");
      }
    });
    reader.setDaemon(true);
    reader.start();
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      subscribe(consumer, args[2]);
      poll(consumer, commands);
    }
    System.out.println("closed");
  }

  private static void poll(KafkaConsumer<String, String> consumer, Queue<String> commands) {
    String printed = "";
    while (true) {
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(50))) {
        System.out.println("record " + record.topic() + "-" + record.partition() + " " + record.offset() + " " + record.value());
      }
      String assigned = consumer.assignment().stream().map(TopicPartition::toString).sorted().collect(Collectors.joining(" "));
      if (!assigned.equals(printed)) System.out.println(("assigned " + assigned).strip());
      printed = assigned;
      String command = commands.poll();
      if (command == null) continue;
      if (command.equals("close")) return;
      if (command.equals("commit")) {
        consumer.commitSync();
        System.out.println("committed");
      } else if (command.startsWith("subscribe ")) {
        // A pattern and names exclude each other: the client leaves the group in between.
        if (command.contains("/") || consumer.subscription().isEmpty()) consumer.unsubscribe();
        subscribe(consumer, command.substring("subscribe ".length()));
      }
    }
  }

  private static void subscribe(KafkaConsumer<String, String> consumer, String subscription) {
    var listener = new ConsumerRebalanceListener() {
      @Override
      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

      @Override
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}

      @Override
      public void onPartitionsLost(Collection<TopicPartition> partitions) {
        System.out.println("lost");
      }
    };
    if (subscription.startsWith("/")) consumer.subscribe(new SubscriptionPattern(subscription.substring(1, subscription.length() - 1)), listener);
    else consumer.subscribe(List.of(subscription.split(",")), listener);
  }
}

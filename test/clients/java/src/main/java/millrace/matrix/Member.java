package millrace.matrix;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** A member of a group in a thread of its own, which commits what it has read before it shows it. */
final class Member {
  final List<ConsumerRecord<byte[], byte[]>> seen = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile Set<TopicPartition> assigned = Set.of();
  private volatile boolean isLeaving;
  private volatile Throwable failure;

  private Member(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    thread = new Thread(() -> run(consumer, topic));
    thread.setDaemon(true);
    thread.start();
  }

  /** One that joins `group` with the classic or the consumer protocol. */
  static Member join(Clients clients, String topic, String group, String protocol) {
    Map<String, Object> settings = new HashMap<>(Map.of("group.id", group, "group.protocol", protocol));
    if (protocol.equals("classic")) settings.put("heartbeat.interval.ms", 300); // a group's own setting with the consumer protocol
    return new Member(clients.consumer(settings), topic);
  }

  private void run(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    try (consumer) {
      consumer.subscribe(List.of(topic));
      while (!isLeaving) {
        var polled = consumer.poll(Duration.ofMillis(100));
        if (!polled.isEmpty()) consumer.commitSync();
        polled.forEach(seen::add);
        assigned = Set.copyOf(consumer.assignment());
      }
    } catch (Throwable error) {
      failure = error; // shown by whoever waits
    }
    assigned = Set.of();
  }

  Set<TopicPartition> assigned() {
    return assigned;
  }

  void leave() throws Exception {
    isLeaving = true;
    thread.join(30_000);
    if (thread.isAlive()) throw new AssertionError("the member did not leave");
    failIfFailed();
  }

  void failIfFailed() {
    if (failure != null) throw new AssertionError("a member failed: " + failure, failure);
  }
}

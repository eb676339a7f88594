package millrace.matrix;

import static millrace.matrix.Clients.await;
import static millrace.matrix.Clients.equal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Groups of both protocols. */
final class GroupSteps {
  private final Clients clients;

  GroupSteps(Clients clients) {
    this.clients = clients;
  }

  void joinAndLeave(String protocol) throws Exception {
    String topic = clients.topic("group-" + protocol, 6);
    String group = clients.name("group-" + protocol);
    List<String> wanted = new ArrayList<>(clients.fill(topic, 6, "first", 60));
    Member first = Member.join(clients, topic, group, protocol);
    await("the first reads all", () -> first.assigned().size() == 6 && first.seen.size() >= 60, first);
    Member second = Member.join(clients, topic, group, protocol);
    await("both have three", () -> first.assigned().size() == 3 && second.assigned().size() == 3 && Collections.disjoint(first.assigned(), second.assigned()), first, second);
    wanted.addAll(clients.fill(topic, 6, "second", 60));
    await("both read", () -> first.seen.size() + second.seen.size() >= 120, first, second);
    equal(List.of(first.seen.size(), second.seen.size()), List.of(90, 30), "records of each");
    first.leave();
    await("the second has all", () -> second.assigned().size() == 6, second);
    wanted.addAll(clients.fill(topic, 6, "third", 60));
    await("the second reads all", () -> first.seen.size() + second.seen.size() >= 180, second);
    second.leave();
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>(first.seen);
    all.addAll(second.seen);
    equal(Clients.values(all).stream().sorted().toList(), wanted.stream().sorted().toList(), "records read by the group");
    equal(clients.committed(group, topic, 6), Collections.nCopies(6, 30L), "committed offsets");
  }

  void resume() throws Exception {
    for (String protocol : List.of("classic", "consumer")) resume(protocol);
  }

  private void resume(String protocol) throws Exception {
    String topic = clients.topic("resume-" + protocol, 2);
    String group = clients.name("resume-" + protocol);
    clients.fill(topic, 2, "first", 20);
    Member first = Member.join(clients, topic, group, protocol);
    await("the first reads", () -> first.seen.size() >= 20, first);
    first.leave();
    List<String> wanted = clients.fill(topic, 2, "second", 30);
    equal(clients.committed(group, topic, 2), List.of(10L, 10L), "committed offsets");
    Member second = Member.join(clients, topic, group, protocol);
    await("the second reads", () -> second.seen.size() >= 30, second);
    second.leave();
    equal(Clients.values(second.seen).stream().sorted().toList(), wanted.stream().sorted().toList(), "records of the second member");
    equal(clients.committed(group, topic, 2), List.of(25L, 25L), "committed offsets at the end");
  }
}

package millrace.matrix;

import static millrace.matrix.Clients.await;
import static millrace.matrix.Clients.equal;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;

/** What an administrator asks for. */
final class AdminSteps {
  private final Clients clients;

  AdminSteps(Clients clients) {
    this.clients = clients;
  }

  void create() throws Exception {
    String topic = clients.topic("created", 3, Map.of("retention.ms", "3600000"));
    equal(clients.admin.listTopics().names().get().contains(topic), true, "the topic is listed");
    try {
      clients.topic("created", 3);
      throw new AssertionError("a second topic of the same name was created");
    } catch (ExecutionException refused) {
      equal(refused.getCause().getClass(), TopicExistsException.class, "a second of the same name");
    }
  }

  void describe() throws Exception {
    String topic = clients.topic("described", 3, Map.of("retention.ms", "3600000"));
    equal(partitions(topic), 3, "partitions");
    var cluster = clients.admin.describeCluster();
    equal(cluster.nodes().get().contains(cluster.controller().get()), true, "the controller is a broker");
    equal(cluster.clusterId().get().length(), 22, "length of the cluster's id");
    ConfigEntry config = config(topic, "retention.ms");
    equal(List.of(config.value(), config.source()), List.of("3600000", ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG), "retention.ms");
    for (GroupType type : List.of(GroupType.CLASSIC, GroupType.CONSUMER)) {
      String protocol = type.toString().toLowerCase();
      String group = clients.name("described-" + protocol);
      Member member = Member.join(clients, topic, group, protocol);
      await("the member joined", () -> member.assigned().size() == 3, member);
      await("the group is stable", () -> group(group).groupState() == GroupState.STABLE, member);
      ConsumerGroupDescription seen = group(group);
      equal(List.of(seen.type(), seen.members().size()), List.of(type, 1), "group");
      equal(seen.members().iterator().next().assignment().topicPartitions(), member.assigned(), "assignment of the member");
      equal(clients.admin.listGroups().all().get().stream().filter(each -> each.groupId().equals(group)).map(each -> each.type().orElseThrow()).toList(), List.of(type), "listed");
      member.leave();
    }
  }

  void alter() throws Exception {
    String topic = clients.topic("altered", 2);
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    var set = new AlterConfigOp(new ConfigEntry("retention.ms", "7200000"), AlterConfigOp.OpType.SET);
    var append = new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND);
    clients.admin.incrementalAlterConfigs(Map.of(resource, List.of(set, append))).all().get();
    await("the configs are as altered", () -> config(topic, "retention.ms").value().equals("7200000") && config(topic, "cleanup.policy").value().equals("delete,compact"));
    var delete = new AlterConfigOp(new ConfigEntry("retention.ms", null), AlterConfigOp.OpType.DELETE);
    clients.admin.incrementalAlterConfigs(Map.of(resource, List.of(delete))).all().get();
    await("the config is its default", () -> config(topic, "retention.ms").isDefault());
    clients.admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
    await("four partitions", () -> partitions(topic) == 4);
  }

  void delete() throws Exception {
    String topic = clients.topic("deleted", 1);
    String group = clients.name("deleted");
    var partition = new TopicPartition(topic, 0);
    clients.fill(topic, 1, "value", 10);
    equal(clients.admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(partition).get().lowWatermark(), 4L, "low watermark");
    equal(Clients.values(clients.read(topic, 1, false)), IntStream.range(4, 10).mapToObj(at -> "value-" + at).toList(), "records left");
    Member member = Member.join(clients, topic, group, "classic");
    await("the member reads", () -> member.seen.size() >= 6, member);
    member.leave();
    clients.admin.deleteConsumerGroups(List.of(group)).all().get();
    await("the group is gone", () -> clients.admin.listGroups().all().get().stream().noneMatch(each -> each.groupId().equals(group)));
    clients.admin.deleteTopics(List.of(topic)).all().get();
    await("the topic is gone", () -> !clients.admin.listTopics().names().get().contains(topic));
  }

  private int partitions(String topic) throws Exception {
    TopicDescription found = clients.admin.describeTopics(List.of(topic)).topicNameValues().get(topic).get();
    return found.partitions().size();
  }

  private ConsumerGroupDescription group(String group) throws Exception {
    return clients.admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get();
  }

  private ConfigEntry config(String topic, String name) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return clients.admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name);
  }
}

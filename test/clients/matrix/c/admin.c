/* The steps of administration. */

#include "scenario.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rd_kafka_t *client;
static rd_kafka_queue_t *queue;

static void open_client(void) {
  if (client) return;
  client = producer_of(conf_of(NULL, NULL));
  queue = rd_kafka_queue_new(client);
}

/* The one answer to what was asked last. The caller destroys the event. */
static rd_kafka_event_t *answer(const char *what) {
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
  if (!event) fail("%s: no answer", what);
  if (rd_kafka_event_error(event)) fail("%s: %s", what, rd_kafka_event_error_string(event));
  return event;
}

static void check_topics(const rd_kafka_topic_result_t **results, size_t count, const char *what) {
  for (size_t at = 0; at < count; at++) check_code(rd_kafka_topic_result_error(results[at]), what);
}

static rd_kafka_AdminOptions_t *waiting(rd_kafka_admin_op_t of) {
  rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, of);
  rd_kafka_AdminOptions_set_operation_timeout(options, 20000, NULL, 0);
  return options;
}

const char *make_topic(const char *name, int partitions, const char *retention_ms) {
  open_client();
  const char *topic = named(name);
  char problem[256];
  rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(topic, partitions, 1, problem, sizeof problem);
  if (retention_ms) rd_kafka_NewTopic_set_config(wanted, "retention.ms", retention_ms);
  rd_kafka_AdminOptions_t *options = waiting(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client, &wanted, 1, options, queue);
  rd_kafka_event_t *event = answer("create");
  size_t count;
  const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  check_topics(results, count, "create");
  rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewTopic_destroy(wanted);
  return topic;
}

/* Partitions of a topic, -1 when there is none. `controller`, when asked for: whether the controller is a broker of the cluster. */
static int look_up(const char *topic, bool *controller) {
  open_client();
  const struct rd_kafka_metadata *metadata;
  check_code(rd_kafka_metadata(client, 1, NULL, &metadata, 10000), "metadata");
  int found = -1;
  for (int at = 0; at < metadata->topic_cnt; at++)
    if (!strcmp(metadata->topics[at].topic, topic)) found = metadata->topics[at].partition_cnt;
  if (controller) {
    int32_t id = rd_kafka_controllerid(client, 10000);
    *controller = false;
    for (int at = 0; at < metadata->broker_cnt; at++) *controller |= metadata->brokers[at].id == id;
  }
  rd_kafka_metadata_destroy(metadata);
  return found;
}

bool has_topic(const char *topic) { return look_up(topic, NULL) >= 0; }
int partitions_of(const char *topic) { return look_up(topic, NULL); }

static void check_config(const char *topic, const char *name, const char *wanted) {
  rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
  rd_kafka_DescribeConfigs(client, &resource, 1, NULL, queue);
  rd_kafka_event_t *event = answer("describe configs");
  size_t count, entries;
  const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
  const rd_kafka_ConfigEntry_t **configs = rd_kafka_ConfigResource_configs(resources[0], &entries);
  const char *found = "nothing";
  for (size_t at = 0; at < entries; at++)
    if (!strcmp(rd_kafka_ConfigEntry_name(configs[at]), name)) found = rd_kafka_ConfigEntry_value(configs[at]);
  if (strcmp(found, wanted)) fail("%s: %s instead of %s", name, found, wanted);
  rd_kafka_event_destroy(event);
  rd_kafka_ConfigResource_destroy(resource);
}

void check_committed(const char *group, const char *topic, int64_t wanted) {
  rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new(2);
  for (int at = 0; at < 2; at++) rd_kafka_topic_partition_list_add(asked, topic, at);
  rd_kafka_ListConsumerGroupOffsets_t *list = rd_kafka_ListConsumerGroupOffsets_new(group, asked);
  rd_kafka_ListConsumerGroupOffsets(client, &list, 1, NULL, queue);
  rd_kafka_event_t *event = answer("list offsets of a group");
  size_t count;
  const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
  const rd_kafka_topic_partition_list_t *found = rd_kafka_group_result_partitions(groups[0]);
  for (int at = 0; at < found->cnt; at++)
    if (found->elems[at].offset != wanted) fail("committed offset of %d: %lld instead of %lld", at, (long long)found->elems[at].offset, (long long)wanted);
  if (found->cnt != 2) fail("committed offsets of %d partitions", found->cnt);
  rd_kafka_event_destroy(event);
  rd_kafka_ListConsumerGroupOffsets_destroy(list);
  rd_kafka_topic_partition_list_destroy(asked);
}

static bool has_group(const char *group) {
  rd_kafka_ListConsumerGroups(client, NULL, queue);
  rd_kafka_event_t *event = answer("list groups");
  size_t count;
  const rd_kafka_ConsumerGroupListing_t **groups = rd_kafka_ListConsumerGroups_result_valid(rd_kafka_event_ListConsumerGroups_result(event), &count);
  bool has = false;
  for (size_t at = 0; at < count; at++) has |= !strcmp(rd_kafka_ConsumerGroupListing_group_id(groups[at]), group);
  rd_kafka_event_destroy(event);
  return has;
}

static void check_group(const char *group) {
  rd_kafka_DescribeConsumerGroups(client, &group, 1, NULL, queue);
  rd_kafka_event_t *event = answer("describe a group");
  size_t count;
  const rd_kafka_ConsumerGroupDescription_t **groups = rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count);
  rd_kafka_consumer_group_state_t state = rd_kafka_ConsumerGroupDescription_state(groups[0]);
  size_t members = rd_kafka_ConsumerGroupDescription_member_count(groups[0]);
  if (state != RD_KAFKA_CONSUMER_GROUP_STATE_STABLE || members != 1) fail("group: %s with %zu members", rd_kafka_consumer_group_state_name(state), members);
  rd_kafka_event_destroy(event);
}

void step_create(void) {
  const char *topic = make_topic("created", 3, "3600000");
  while (!has_topic(topic)) pause_for("the topic to be listed");
  char problem[256];
  rd_kafka_NewTopic_t *again = rd_kafka_NewTopic_new(topic, 3, 1, problem, sizeof problem);
  rd_kafka_CreateTopics(client, &again, 1, NULL, queue);
  rd_kafka_event_t *event = answer("create again");
  size_t count;
  rd_kafka_resp_err_t code = rd_kafka_topic_result_error(rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)[0]);
  if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) fail("a second of the same name: %s", rd_kafka_err2name(code));
  rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(again);
}

void step_describe(void) {
  const char *topic = make_topic("described", 3, "3600000"), *group = named("described");
  bool has_controller;
  while (look_up(topic, &has_controller) != 3) pause_for("three partitions");
  if (!has_controller) fail("the controller is no broker of the cluster");
  check_config(topic, "retention.ms", "3600000");
  member_t member;
  join(&member, topic, group);
  while (assigned_to(&member) != 3) pause_for("the member to join");
  check_group(group);
  if (!has_group(group)) fail("the group is not listed");
  leave(&member);
}

void step_alter(void) {
  const char *topic = make_topic("altered", 2, NULL);
  rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
  rd_kafka_ConfigResource_set_config(resource, "retention.ms", "7200000");
  rd_kafka_AlterConfigs(client, &resource, 1, NULL, queue);
  rd_kafka_event_t *event = answer("alter configs");
  size_t count;
  check_code(rd_kafka_ConfigResource_error(rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count)[0]), "alter configs");
  rd_kafka_event_destroy(event);
  rd_kafka_ConfigResource_destroy(resource);
  char problem[256];
  rd_kafka_NewPartitions_t *more = rd_kafka_NewPartitions_new(topic, 4, problem, sizeof problem);
  rd_kafka_AdminOptions_t *options = waiting(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  rd_kafka_CreatePartitions(client, &more, 1, options, queue);
  event = answer("create partitions");
  const rd_kafka_topic_result_t **results = rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count);
  check_topics(results, count, "create partitions");
  rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewPartitions_destroy(more);
  while (partitions_of(topic) != 4) pause_for("four partitions");
  check_config(topic, "retention.ms", "7200000");
}

static void delete_records(const char *topic, int64_t before) {
  rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(offsets, topic, 0)->offset = before;
  rd_kafka_DeleteRecords_t *wanted = rd_kafka_DeleteRecords_new(offsets);
  rd_kafka_DeleteRecords(client, &wanted, 1, NULL, queue);
  rd_kafka_event_t *event = answer("delete records");
  check_code(rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))->elems[0].err, "delete records");
  rd_kafka_event_destroy(event);
  rd_kafka_DeleteRecords_destroy(wanted);
  rd_kafka_topic_partition_list_destroy(offsets);
}

static void delete_group(const char *group) {
  rd_kafka_DeleteGroup_t *wanted = rd_kafka_DeleteGroup_new(group);
  rd_kafka_DeleteGroups(client, &wanted, 1, NULL, queue);
  rd_kafka_event_t *event = answer("delete a group");
  size_t count;
  const rd_kafka_error_t *error = rd_kafka_group_result_error(rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count)[0]);
  if (error) fail("delete a group: %s", rd_kafka_error_name(error));
  rd_kafka_event_destroy(event);
  rd_kafka_DeleteGroup_destroy(wanted);
}

void step_delete(void) {
  const char *topic = make_topic("deleted", 1, NULL), *group = named("deleted");
  fill(topic, 1, "value", 10);
  delete_records(topic, 4);
  records_t left = read_all(topic, 1, false);
  check_values(&left, (const char *[]){"value-4", "value-5", "value-6", "value-7", "value-8", "value-9"}, 6, "records left");
  member_t member;
  join(&member, topic, group);
  while (seen_by(&member) < 6) pause_for("the member to read");
  leave(&member);
  delete_group(group);
  if (has_group(group)) fail("the group is still listed");
  rd_kafka_DeleteTopic_t *wanted = rd_kafka_DeleteTopic_new(topic);
  rd_kafka_DeleteTopics(client, &wanted, 1, NULL, queue);
  rd_kafka_event_t *event = answer("delete a topic");
  size_t count;
  const rd_kafka_topic_result_t **results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
  check_topics(results, count, "delete a topic");
  rd_kafka_event_destroy(event);
  rd_kafka_DeleteTopic_destroy(wanted);
  while (has_topic(topic)) pause_for("the topic to be gone");
}

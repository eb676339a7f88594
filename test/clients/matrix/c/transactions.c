/* The steps of transactions. */

#include "scenario.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rd_kafka_t *transactional(const char *id) {
  rd_kafka_t *producer = producer_of(conf_of("transactional.id", id, "linger.ms", "2", "transaction.timeout.ms", "60000", NULL));
  check_error(rd_kafka_init_transactions(producer, 30000), "init transactions");
  return producer;
}

static void end(rd_kafka_t *producer, bool is_kept) {
  check_error(is_kept ? rd_kafka_commit_transaction(producer, 30000) : rd_kafka_abort_transaction(producer, 30000), is_kept ? "commit" : "abort");
}

void step_transaction(void) {
  const char *topic = make_topic("transaction", 2, NULL);
  rd_kafka_t *producer = transactional(named("transaction"));
  const char *kept[32];
  size_t count = 0;
  for (int at = 0; at < 12; at++) {
    bool is_kept = at % 3 != 1;
    check_error(rd_kafka_begin_transaction(producer), "begin");
    for (int partition = 0; partition < 2; partition++) {
      char value[64];
      snprintf(value, sizeof value, "%s-%d-%d", is_kept ? "kept" : "dropped", at, partition);
      send_record(producer, topic, partition, NULL, value, NULL, 0);
      if (is_kept) kept[count++] = strdup(value);
    }
    flush(producer);
    end(producer, is_kept);
  }
  rd_kafka_destroy(producer);
  records_t committed = read_all(topic, 2, true);
  check_values(&committed, kept, count, "read committed");
  records_t all = read_all(topic, 2, false);
  if (all.count != 24) fail("read uncommitted: %zu records instead of 24", all.count);
}

/* Up to seven records, none when there are none for a moment. */
static int batch_of(rd_kafka_t *consumer, rd_kafka_message_t *messages[7]) {
  int count = 0;
  while (count < 7) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, count ? 0 : 200);
    if (!message) break;
    if (message->err) fail("read: %s", rd_kafka_message_errstr(message));
    messages[count++] = message;
  }
  return count;
}

static void send_offsets(rd_kafka_t *producer, rd_kafka_t *consumer) {
  rd_kafka_topic_partition_list_t *positions;
  check_code(rd_kafka_assignment(consumer, &positions), "assignment");
  check_code(rd_kafka_position(consumer, positions), "position");
  rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(consumer);
  check_error(rd_kafka_send_offsets_to_transaction(producer, positions, metadata, 30000), "send offsets");
  rd_kafka_consumer_group_metadata_destroy(metadata);
  rd_kafka_topic_partition_list_destroy(positions);
}

/* Back to the first record of each partition of a batch. */
static void rewind_to(rd_kafka_t *consumer, rd_kafka_message_t *messages[], int count) {
  for (int at = count - 1; at >= 0; at--) {
    rd_kafka_topic_partition_list_t *to = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(to, rd_kafka_topic_name(messages[at]->rkt), messages[at]->partition)->offset = messages[at]->offset;
    check_error(rd_kafka_seek_partitions(consumer, to, 10000), "seek");
    rd_kafka_topic_partition_list_destroy(to);
  }
}

void step_process(void) {
  const char *source = make_topic("source", 2, NULL), *target = make_topic("target", 2, NULL), *name = named("process");
  fill(source, 2, "value", 60);
  rd_kafka_t *producer = transactional(name);
  rd_kafka_t *consumer = consumer_of(conf_of("group.id", name, "isolation.level", "read_committed", NULL));
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, source, RD_KAFKA_PARTITION_UA);
  check_code(rd_kafka_subscribe(consumer, topics), "subscribe");
  for (int done = 0, rounds = 0; done < 60;) {
    rd_kafka_message_t *messages[7];
    int count = batch_of(consumer, messages);
    if (!count) {
      pause_for("records to process");
      continue;
    }
    check_error(rd_kafka_begin_transaction(producer), "begin");
    for (int at = 0; at < count; at++) {
      char value[64];
      snprintf(value, sizeof value, "from-%.*s", (int)messages[at]->len, (char *)messages[at]->payload);
      send_record(producer, target, messages[at]->partition, NULL, value, NULL, 0);
    }
    send_offsets(producer, consumer);
    flush(producer);
    bool is_kept = rounds++ % 3 != 1;
    end(producer, is_kept);
    if (is_kept) done += count;
    else rewind_to(consumer, messages, count);
    for (int at = 0; at < count; at++) rd_kafka_message_destroy(messages[at]);
  }
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  rd_kafka_destroy(producer);
  const char *wanted[60];
  for (int at = 0; at < 60; at++) {
    char value[64];
    snprintf(value, sizeof value, "from-value-%d", at);
    wanted[at] = strdup(value);
  }
  records_t out = read_all(target, 2, true);
  check_values(&out, wanted, 60, "records that came out");
  check_committed(name, source, 30);
}

void step_zombie(void) {
  const char *topic = make_topic("zombie", 1, NULL), *id = named("zombie");
  rd_kafka_t *first = transactional(id);
  check_error(rd_kafka_begin_transaction(first), "begin");
  send_record(first, topic, 0, NULL, "dropped", NULL, 0);
  flush(first);
  rd_kafka_t *second = transactional(id);
  check_error(rd_kafka_begin_transaction(second), "begin of the second");
  send_record(second, topic, 0, NULL, "kept", NULL, 0);
  end(second, true);
  rd_kafka_error_t *error = rd_kafka_commit_transaction(first, 30000);
  if (!error) fail("the first was not fenced");
  const char *told = rd_kafka_error_name(error);
  if (!strstr(told, "FENCED") && !strstr(told, "EPOCH")) fail("the first was told %s", told);
  rd_kafka_error_destroy(error);
  records_t committed = read_all(topic, 1, true);
  check_values(&committed, (const char *[]){"kept"}, 1, "read committed");
  rd_kafka_destroy(second);
  rd_kafka_destroy(first);
}

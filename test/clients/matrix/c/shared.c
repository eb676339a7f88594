/* What the steps share: clients, records, members of groups. */

#include "scenario.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int undelivered;
static char delivery_failure[256];

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
  (void)client;
  (void)opaque;
  undelivered--;
  if (message->err) snprintf(delivery_failure, sizeof delivery_failure, "%s", rd_kafka_err2str(message->err));
}

void check_code(rd_kafka_resp_err_t code, const char *what) {
  if (code) fail("%s: %s", what, rd_kafka_err2name(code));
}

void check_error(rd_kafka_error_t *error, const char *what) {
  if (!error) return;
  char text[256];
  snprintf(text, sizeof text, "%s: %s", rd_kafka_error_name(error), rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  fail("%s: %s", what, text);
}

extern const char *address;

rd_kafka_conf_t *conf_of(const char *name, ...) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  char problem[256];
  rd_kafka_conf_set(conf, "bootstrap.servers", address, NULL, 0);
  rd_kafka_conf_set(conf, "log_level", "2", NULL, 0);
  va_list rest;
  va_start(rest, name);
  for (; name; name = va_arg(rest, const char *))
    if (rd_kafka_conf_set(conf, name, va_arg(rest, const char *), problem, sizeof problem)) fail("%s", problem);
  va_end(rest);
  return conf;
}

rd_kafka_t *producer_of(rd_kafka_conf_t *conf) {
  char problem[256];
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *made = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
  if (!made) fail("%s", problem);
  return made;
}

rd_kafka_t *consumer_of(rd_kafka_conf_t *conf) {
  char problem[256];
  const char *usual[][2] = {{"enable.auto.commit", "false"}, {"auto.offset.reset", "earliest"}, {"fetch.wait.max.ms", "100"}, {"heartbeat.interval.ms", "300"}};
  for (size_t at = 0; at < 4; at++) rd_kafka_conf_set(conf, usual[at][0], usual[at][1], NULL, 0);
  rd_kafka_t *made = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
  if (!made) return NULL;
  rd_kafka_poll_set_consumer(made);
  return made;
}

void send_record(rd_kafka_t *producer, const char *topic, int partition, const char *key, const char *value, const char *header, int64_t timestamp) {
  rd_kafka_headers_t *headers = NULL;
  if (header) {
    headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, "at", -1, header, -1);
  }
  undelivered++;
  check_code(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                               RD_KAFKA_V_KEY(key, key ? strlen(key) : 0), RD_KAFKA_V_VALUE((void *)value, strlen(value)), RD_KAFKA_V_TIMESTAMP(timestamp),
                               RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
             "produce");
}

void flush(rd_kafka_t *producer) {
  delivery_failure[0] = 0;
  check_code(rd_kafka_flush(producer, 30000), "flush");
  if (delivery_failure[0]) fail("not delivered: %s", delivery_failure);
}

void fill(const char *topic, int partitions, const char *label, int count) {
  rd_kafka_t *producer = producer_of(conf_of("linger.ms", "2", NULL));
  for (int at = 0; at < count; at++) {
    char value[64];
    snprintf(value, sizeof value, "%s-%d", label, at);
    send_record(producer, topic, at % partitions, NULL, value, NULL, 0);
  }
  flush(producer);
  rd_kafka_destroy(producer);
}

static char *text_of(const void *bytes, size_t length) {
  if (!bytes) return NULL;
  char *text = malloc(length + 1);
  memcpy(text, bytes, length);
  text[length] = 0;
  return text;
}

void keep(records_t *records, const rd_kafka_message_t *message) {
  if (records->count == records->room) records->items = realloc(records->items, (records->room = 2 * records->room + 64) * sizeof *records->items);
  record_t *record = &records->items[records->count++];
  *record = (record_t){.partition = message->partition, .offset = message->offset};
  record->timestamp = rd_kafka_message_timestamp(message, NULL);
  record->key = text_of(message->key, message->key_len);
  record->value = text_of(message->payload, message->len);
  rd_kafka_headers_t *headers;
  const void *header;
  size_t length;
  if (!rd_kafka_message_headers(message, &headers) && !rd_kafka_header_get_last(headers, "at", &header, &length)) record->header = text_of(header, length);
}

static int by_partition(const void *a, const void *b) {
  const record_t *one = a, *other = b;
  if (one->partition != other->partition) return one->partition - other->partition;
  return one->offset < other->offset ? -1 : 1;
}

records_t read_all(const char *topic, int partitions, bool is_committed) {
  rd_kafka_t *consumer = consumer_of(conf_of("group.id", "none", "enable.partition.eof", "true", "isolation.level", is_committed ? "read_committed" : "read_uncommitted", NULL));
  rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
  for (int at = 0; at < partitions; at++) rd_kafka_topic_partition_list_add(all, topic, at)->offset = RD_KAFKA_OFFSET_BEGINNING;
  check_code(rd_kafka_assign(consumer, all), "assign");
  rd_kafka_topic_partition_list_destroy(all);
  records_t records = {0};
  for (int ended = 0; ended < partitions;) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 200);
    if (!message) {
      pause_for("the end of the partitions");
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended++;
    else if (message->err) fail("read: %s", rd_kafka_message_errstr(message));
    else keep(&records, message);
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  qsort(records.items, records.count, sizeof *records.items, by_partition);
  return records;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

void check_values(const records_t *records, const char *wanted[], size_t count, const char *what) {
  if (records->count != count) fail("%s: %zu records instead of %zu", what, records->count, count);
  const char **seen = malloc((count + 1) * sizeof *seen);
  for (size_t at = 0; at < count; at++) seen[at] = records->items[at].value;
  qsort(seen, count, sizeof *seen, by_text);
  qsort(wanted, count, sizeof *wanted, by_text);
  for (size_t at = 0; at < count; at++)
    if (strcmp(seen[at], wanted[at])) fail("%s: %s instead of %s", what, seen[at], wanted[at]);
  free(seen);
}

static void note_assignment(member_t *member, rd_kafka_t *consumer) {
  rd_kafka_topic_partition_list_t *list;
  if (rd_kafka_assignment(consumer, &list)) return;
  pthread_mutex_lock(&member->lock);
  memset(member->assigned, 0, sizeof member->assigned);
  for (int at = 0; at < list->cnt; at++) member->assigned[list->elems[at].partition] = true;
  pthread_mutex_unlock(&member->lock);
  rd_kafka_topic_partition_list_destroy(list);
}

static bool take(member_t *member, rd_kafka_t *consumer, rd_kafka_message_t *message) {
  rd_kafka_resp_err_t error = message->err ? message->err : rd_kafka_commit_message(consumer, message, 0);
  pthread_mutex_lock(&member->lock);
  if (error) snprintf(member->failure, sizeof member->failure, "%s", rd_kafka_err2name(error));
  else keep(&member->seen, message);
  pthread_mutex_unlock(&member->lock);
  rd_kafka_message_destroy(message);
  return !error;
}

static void *run_member(void *argument) {
  member_t *member = argument;
  rd_kafka_t *consumer = consumer_of(conf_of("group.id", member->group, NULL));
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, member->topic, RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  while (!member->is_leaving) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
    if (message && !take(member, consumer, message)) break;
    note_assignment(member, consumer);
  }
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return NULL;
}

void join(member_t *member, const char *topic, const char *group) {
  memset(member, 0, sizeof *member);
  member->topic = topic;
  member->group = group;
  pthread_mutex_init(&member->lock, NULL);
  pthread_create(&member->thread, NULL, run_member, member);
}

size_t seen_by(member_t *member) {
  pthread_mutex_lock(&member->lock);
  size_t count = member->seen.count;
  pthread_mutex_unlock(&member->lock);
  return count;
}

int assigned_to(member_t *member) {
  int count = 0;
  char failure[256];
  pthread_mutex_lock(&member->lock);
  for (size_t at = 0; at < 64; at++) count += member->assigned[at];
  memcpy(failure, member->failure, sizeof failure);
  pthread_mutex_unlock(&member->lock);
  if (failure[0]) fail("a member: %s", failure);
  return count;
}

void leave(member_t *member) {
  member->is_leaving = true;
  pthread_join(member->thread, NULL);
}

/* The scenario of the client matrix in the C API of librdkafka, as Debian has it. ARGUMENTS: matrix ADDRESS [STEP ...]. */

#include "scenario.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if RD_KAFKA_VERSION >> 8 != WANTED_VERSION
#error "the matrix has the librdkafka of Debian 12, and this machine has another"
#endif

/* A step that takes longer has failed. */
#define STEP_SECONDS 75

const char *address;
int64_t base_time;
static jmp_buf step_end;
static char reason[512];
static time_t deadline;

void fail(const char *format, ...) {
  va_list rest;
  va_start(rest, format);
  vsnprintf(reason, sizeof reason, format, rest);
  va_end(rest);
  longjmp(step_end, 1);
}

void absent(const char *what) {
  snprintf(reason, sizeof reason, "%s", what);
  longjmp(step_end, 2);
}

void pause_for(const char *what) {
  if (time(NULL) > deadline) fail("not done after %d s, waiting for %s", STEP_SECONDS, what);
  usleep(10000);
}

const char *named(const char *name) {
  char *made = malloc(128);
  snprintf(made, 128, "librdkafka-c-%d-%s", getpid(), name);
  return made;
}

static void produce(const char *codec) {
  const char *topic = make_topic(codec, 2, NULL);
  rd_kafka_t *producer = producer_of(conf_of("compression.codec", codec, "linger.ms", "5", NULL));
  static char values[200][400], keys[200][16], headers[200][8];
  for (int at = 0; at < 200; at++) {
    values[at][0] = 0;
    for (int times = 0; times <= at % 20; times++) sprintf(values[at] + strlen(values[at]), "value %d ", at);
    sprintf(keys[at], "key-%d", at);
    sprintf(headers[at], "%d", at);
    send_record(producer, topic, at % 2, at % 5 ? keys[at] : NULL, values[at], headers[at], base_time + at);
  }
  flush(producer);
  rd_kafka_destroy(producer);
  records_t seen = read_all(topic, 2, false);
  if (seen.count != 200) fail("%zu records instead of 200", seen.count);
  for (int at = 0; at < 200; at++) {
    const record_t *record = &seen.items[at];
    int number = at < 100 ? 2 * at : 2 * (at - 100) + 1;
    bool has_key = number % 5 ? record->key && !strcmp(record->key, keys[number]) : !record->key;
    if (!has_key || strcmp(record->value, values[number]) || !record->header || strcmp(record->header, headers[number]) || record->timestamp != base_time + number)
      fail("record %d read back: key %s, value %.40s, header %s, timestamp %lld", number, record->key, record->value, record->header, (long long)record->timestamp);
  }
}

static void produce_none(void) { produce("none"); }
static void produce_gzip(void) { produce("gzip"); }
static void produce_snappy(void) { produce("snappy"); }
static void produce_lz4(void) { produce("lz4"); }
static void produce_zstd(void) { produce("zstd"); }

static void step_idempotent(void) {
  const char *topic = make_topic("idempotent", 1, NULL);
  rd_kafka_t *producer = producer_of(conf_of("enable.idempotence", "true", NULL));
  char value[32];
  for (int at = 0; at < 1000; at++) {
    sprintf(value, "value-%d", at);
    send_record(producer, topic, 0, NULL, value, NULL, 0);
  }
  flush(producer);
  rd_kafka_destroy(producer);
  records_t seen = read_all(topic, 1, false);
  if (seen.count != 1000) fail("%zu records instead of 1000", seen.count);
  for (int at = 0; at < 1000; at++) {
    sprintf(value, "value-%d", at);
    if (strcmp(seen.items[at].value, value)) fail("%s instead of %s", seen.items[at].value, value);
  }
}

static void check_group_read(member_t *first, member_t *second) {
  records_t all = {0};
  all.items = malloc(180 * sizeof *all.items);
  memcpy(all.items, first->seen.items, first->seen.count * sizeof *all.items);
  memcpy(all.items + first->seen.count, second->seen.items, second->seen.count * sizeof *all.items);
  all.count = first->seen.count + second->seen.count;
  const char *wanted[180], *labels[] = {"first", "second", "third"};
  for (int at = 0; at < 180; at++) {
    char value[32];
    sprintf(value, "%s-%d", labels[at / 60], at % 60);
    wanted[at] = strdup(value);
  }
  check_values(&all, wanted, 180, "records read by the group");
}

static void step_group(void) {
  const char *topic = make_topic("group", 6, NULL), *group = named("group");
  static member_t first, second;
  fill(topic, 6, "first", 60);
  join(&first, topic, group);
  while (assigned_to(&first) != 6 || seen_by(&first) < 60) pause_for("the first member to read all");
  join(&second, topic, group);
  while (assigned_to(&first) != 3 || assigned_to(&second) != 3) pause_for("both to have three");
  fill(topic, 6, "second", 60);
  while (seen_by(&first) + seen_by(&second) < 120) pause_for("both to read");
  if (seen_by(&first) != 90 || seen_by(&second) != 30) fail("records of each: %zu and %zu", seen_by(&first), seen_by(&second));
  leave(&first);
  while (assigned_to(&second) != 6) pause_for("the second to have all");
  fill(topic, 6, "third", 60);
  while (seen_by(&first) + seen_by(&second) < 180) pause_for("the second to read all");
  leave(&second);
  if (seen_by(&first) + seen_by(&second) != 180) fail("%zu records read by the group", seen_by(&first) + seen_by(&second));
  check_group_read(&first, &second);
}

static void step_resume(void) {
  const char *topic = make_topic("resume", 2, NULL), *group = named("resume"), *wanted[30];
  static member_t first, second;
  fill(topic, 2, "first", 20);
  join(&first, topic, group);
  while (assigned_to(&first) != 2 || seen_by(&first) < 20) pause_for("the first member to read");
  leave(&first);
  fill(topic, 2, "second", 30);
  check_committed(group, topic, 10);
  join(&second, topic, group);
  while (assigned_to(&second) != 2 || seen_by(&second) < 30) pause_for("the second member to read");
  leave(&second);
  for (int at = 0; at < 30; at++) {
    char value[32];
    sprintf(value, "second-%d", at);
    wanted[at] = strdup(value);
  }
  check_values(&second.seen, wanted, 30, "records of the second member");
  check_committed(group, topic, 25);
}

static void step_seek(void) {
  const char *topic = make_topic("seek", 2, NULL);
  rd_kafka_t *producer = producer_of(conf_of(NULL, NULL));
  for (int at = 0; at < 20; at++) {
    char value[32];
    sprintf(value, "value-%d", at);
    send_record(producer, topic, at % 2, NULL, value, NULL, base_time + at * 1000);
  }
  flush(producer);
  rd_kafka_destroy(producer);
  rd_kafka_t *consumer = consumer_of(conf_of("group.id", "none", NULL));
  rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(asked, topic, 1)->offset = base_time + 6500;
  check_code(rd_kafka_offsets_for_times(consumer, asked, 10000), "offsets for times");
  check_code(rd_kafka_assign(consumer, asked), "assign");
  rd_kafka_message_t *message;
  while (!(message = rd_kafka_consumer_poll(consumer, 200))) pause_for("the record");
  if (message->err) fail("read: %s", rd_kafka_message_errstr(message));
  if (message->len != 7 || memcmp(message->payload, "value-7", 7) || rd_kafka_message_timestamp(message, NULL) != base_time + 7000)
    fail("%.*s at or after the time", (int)message->len, (char *)message->payload);
  rd_kafka_message_destroy(message);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

static void step_protocol(void) {
  char problem[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  if (rd_kafka_conf_set(conf, "group.protocol", "consumer", problem, sizeof problem)) absent("groups of the consumer protocol");
  fail("this library has groups of the consumer protocol, and this program does not try them");
}

static void say(const char *step, const char *result, const char *detail) {
  printf("{\"step\":\"%s\",\"result\":\"%s\"", step, result);
  if (detail) {
    printf(",\"detail\":\"");
    for (; *detail; detail++) printf(*detail == '"' || *detail == '\\' ? "\\%c" : (unsigned char)*detail < ' ' ? " " : "%c", *detail);
    printf("\"");
  }
  printf("}\n");
  fflush(stdout);
}

static const struct {
  const char *name;
  void (*run)(void);
} steps[] = {
    {"produce none", produce_none}, {"produce gzip", produce_gzip}, {"produce snappy", produce_snappy}, {"produce lz4", produce_lz4},
    {"produce zstd", produce_zstd}, {"idempotent produce", step_idempotent}, {"group: two members join and leave", step_group},
    {"commit and resume", step_resume}, {"seek by time", step_seek}, {"consumer group protocol", step_protocol}, {"admin create", step_create},
    {"admin describe", step_describe}, {"admin alter", step_alter}, {"admin delete", step_delete},
    {"transaction commit and abort", step_transaction}, {"consume-transform-produce", step_process}, {"zombie fenced", step_zombie},
};

int main(int count, char **arguments) {
  if (count < 3) return 2;
  address = arguments[2];
  base_time = (time(NULL) - 3600) * 1000LL;
  printf("{\"client\":\"librdkafka\",\"version\":\"%s\",\"language\":\"C\"}\n", rd_kafka_version_str());
  for (size_t at = 0; at < sizeof steps / sizeof *steps; at++) {
    bool is_asked = count == 3;
    for (int named = 3; named < count; named++) is_asked |= !strcmp(arguments[named], steps[at].name);
    if (!is_asked) continue;
    struct timespec started, ended;
    clock_gettime(CLOCK_MONOTONIC, &started);
    deadline = time(NULL) + STEP_SECONDS;
    int end = setjmp(step_end);
    if (!end) {
      steps[at].run();
      say(steps[at].name, "passed", NULL);
    } else say(steps[at].name, end == 1 ? "failed" : "absent", reason);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    fprintf(stderr, "%s: %.1f s\n", steps[at].name, ended.tv_sec - started.tv_sec + (ended.tv_nsec - started.tv_nsec) / 1e9);
  }
  _exit(0); /* clients of steps that failed are left as they are */
}

/* What the parts of the scenario of librdkafka's C API share: test/support/clients-matrix.ts tells what the program prints. */

#ifndef SCENARIO_H
#define SCENARIO_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Of the first record that has a timestamp: old enough to be told from now, young enough for retention.ms. */
extern int64_t base_time;

typedef struct {
  int partition;
  int64_t offset, timestamp;
  char *key, *value, *header;
} record_t;

typedef struct {
  record_t *items;
  size_t count, room;
} records_t;

/* A member of a group in its own thread: it commits what it has read, then shows it in `seen`. */
typedef struct {
  pthread_t thread;
  pthread_mutex_t lock;
  const char *topic, *group;
  volatile bool is_leaving;
  bool assigned[64];
  char failure[256];
  records_t seen;
} member_t;

/* Ends the step that runs: it has failed for this reason. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Ends the step that runs: the library has no such feature. */
void absent(const char *what) __attribute__((noreturn));
/* Fails when an answer is an error. Takes ownership of it. */
void check_error(rd_kafka_error_t *error, const char *what);
void check_code(rd_kafka_resp_err_t code, const char *what);
/* A short pause; fails when the step has taken too long. */
void pause_for(const char *what);

/* A name of this run. The caller does not free it. */
const char *named(const char *name);
/* Pairs of names and values, ended by NULL; the address is set. */
rd_kafka_conf_t *conf_of(const char *name, ...);
rd_kafka_t *producer_of(rd_kafka_conf_t *conf);
rd_kafka_t *consumer_of(rd_kafka_conf_t *conf);

/* Queues a record: any of key and header may be NULL, timestamp 0 for now. */
void send_record(rd_kafka_t *producer, const char *topic, int partition, const char *key, const char *value, const char *header, int64_t timestamp);
/* Until all are delivered; fails when one is not. */
void flush(rd_kafka_t *producer);
/* Records "LABEL-NUMBER" over the partitions in turn. */
void fill(const char *topic, int partitions, const char *label, int count);
/* Everything from the start to the end of each partition; each partition in order, the first partition first. */
records_t read_all(const char *topic, int partitions, bool is_committed);
void keep(records_t *records, const rd_kafka_message_t *message);
/* Fails unless the values, sorted, are these, sorted. */
void check_values(const records_t *records, const char *wanted[], size_t count, const char *what);

void join(member_t *member, const char *topic, const char *group);
size_t seen_by(member_t *member);
/* Its partitions; fails when the member did. */
int assigned_to(member_t *member);
void leave(member_t *member);

/* Administration. */
const char *make_topic(const char *name, int partitions, const char *retention_ms);
bool has_topic(const char *topic);
int partitions_of(const char *topic);
void check_committed(const char *group, const char *topic, int64_t wanted);
void step_create(void);
void step_describe(void);
void step_alter(void);
void step_delete(void);

void step_transaction(void);
void step_process(void);
void step_zombie(void);

#endif

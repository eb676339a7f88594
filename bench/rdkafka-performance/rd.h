/* What rdkafka_performance.c takes from librdkafka's private rd.h, written for this build: sizes, printing and the smaller or larger of two. */

#ifndef MILLRACE_RD_H
#define MILLRACE_RD_H

#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "rdtime.h"

#define rd_snprintf snprintf
#define RD_MIN(a, b) ((a) < (b) ? (a) : (b))
#define RD_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif

/* One JSON object per line on standard output. */
#ifndef REPORT_H
#define REPORT_H

#include "measure.h"

#include <stdint.h>

/* Opens the object with the label and the name of the phase; report_end closes and flushes it. */
void report_begin(const char *phase);
void report_count(const char *key, uint64_t value);
void report_number(const char *key, double value);

/* p50_ms, p99_ms and max_ms of `h`. */
void report_latency(const histogram *h);

/* CPU since `since`: server_cpu and driver_cpu in seconds per second of wall clock (1 is a whole core), and
   server_us_each, the server's microseconds for each of `count` things. */
void report_cpu(mark since, uint64_t count);
void report_end(void);

#endif

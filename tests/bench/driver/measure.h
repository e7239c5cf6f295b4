/* Clocks, latency histograms, and what the kernel says about processes. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

/* Monotonic time in nanoseconds. */
uint64_t now_ns(void);

enum { SUB_BUCKETS = 32, BUCKETS = SUB_BUCKETS * 60 };

/* Latencies in buckets that grow with the value: about 3 % apart, any count in fixed memory. */
typedef struct {
    uint64_t buckets[BUCKETS];
    uint64_t count;
    uint64_t max_ns;
} histogram;

void histogram_clear(histogram *h);
void histogram_add(histogram *h, uint64_t ns);

/* The latency in ms that `share` (0 to 1) of the values do not exceed; 0 without values. */
double histogram_ms(const histogram *h, double share);

/* Proportional set size in KiB of the --pids (private memory plus their part of what is shared). */
long server_kib(void);

/* The kernel's slab in KiB: socket structures of both ends, and everything else that moves meanwhile. */
long slab_kib(void);

/* CPU seconds spent so far by the --pids, and by this process. */
double server_cpu_s(void);
double driver_cpu_s(void);

/* A point in time, to take shares of CPU since then. */
typedef struct {
    uint64_t at_ns;
    double server_cpu, driver_cpu;
} mark;

mark mark_now(void);

#endif

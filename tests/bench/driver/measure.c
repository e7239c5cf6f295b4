#include "measure.h"

#include "options.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Values below SUB_BUCKETS have a bucket each; above, every power of two is cut into SUB_BUCKETS. */
static unsigned bucket_of(uint64_t ns) {
    if (ns < SUB_BUCKETS) return (unsigned)ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - 5u;
    unsigned bucket = (shift + 1) * SUB_BUCKETS + (unsigned)((ns >> shift) - SUB_BUCKETS);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static uint64_t upper_edge(unsigned bucket) {
    if (bucket < SUB_BUCKETS) return bucket;
    unsigned shift = bucket / SUB_BUCKETS - 1;
    return ((uint64_t)(bucket % SUB_BUCKETS + SUB_BUCKETS + 1) << shift) - 1;
}

void histogram_clear(histogram *h) { memset(h, 0, sizeof *h); }

void histogram_add(histogram *h, uint64_t ns) {
    h->buckets[bucket_of(ns)]++;
    h->count++;
    if (ns > h->max_ns) h->max_ns = ns;
}

double histogram_ms(const histogram *h, double share) {
    uint64_t wanted = (uint64_t)(share * (double)h->count + 0.5), seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen && seen >= wanted) {
            uint64_t edge = upper_edge(i);
            return (double)(edge < h->max_ns ? edge : h->max_ns) / 1e6;
        }
    }
    return 0;
}

/* The number after `key` in a file of "Key:   123 kB" lines; 0 when there is none. */
static long kib_in(const char *file_name, const char *key) {
    FILE *file = fopen(file_name, "r");
    if (!file) return 0;
    char line[256];
    long value = 0;
    size_t length = strlen(key);
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, key, length) && sscanf(line + length, "%ld", &value) == 1) break;
    fclose(file);
    return value;
}

long server_kib(void) {
    long sum = 0;
    for (int i = 0; i < opt.pid_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "/proc/%d/smaps_rollup", (int)opt.pids[i]);
        sum += kib_in(name, "Pss:");
    }
    return sum;
}

long slab_kib(void) { return kib_in("/proc/meminfo", "Slab:"); }

/* utime and stime are fields 14 and 15 of proc(5) stat, counted from behind the name in brackets. */
static double process_cpu_s(pid_t pid) {
    char name[64], text[1024];
    snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(name, "r");
    if (!file) return 0;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    unsigned long user = 0, system = 0;
    const char *rest = strrchr(text, ')');
    if (!rest) return 0;
    sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double server_cpu_s(void) {
    double sum = 0;
    for (int i = 0; i < opt.pid_count; i++) sum += process_cpu_s(opt.pids[i]);
    return sum;
}

double driver_cpu_s(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec)
         + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

mark mark_now(void) {
    return (mark){.at_ns = now_ns(), .server_cpu = server_cpu_s(), .driver_cpu = driver_cpu_s()};
}

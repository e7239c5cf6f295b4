#include "report.h"

#include "options.h"

#include <inttypes.h>
#include <stdio.h>

void report_begin(const char *phase) { printf("{\"label\":\"%s\",\"phase\":\"%s\"", opt.label, phase); }

void report_count(const char *key, uint64_t value) { printf(",\"%s\":%" PRIu64, key, value); }

void report_number(const char *key, double value) { printf(",\"%s\":%.3f", key, value); }

void report_latency(const histogram *h) {
    report_number("p50_ms", histogram_ms(h, 0.5));
    report_number("p99_ms", histogram_ms(h, 0.99));
    report_number("max_ms", (double)h->max_ns / 1e6);
}

void report_cpu(mark since, uint64_t count) {
    mark now = mark_now();
    double wall = (double)(now.at_ns - since.at_ns) / 1e9;
    if (wall <= 0) return;
    report_number("server_cpu", (now.server_cpu - since.server_cpu) / wall);
    report_number("driver_cpu", (now.driver_cpu - since.driver_cpu) / wall);
    report_number("server_us_each", count ? (now.server_cpu - since.server_cpu) * 1e6 / (double)count : 0);
}

void report_end(void) {
    puts("}");
    fflush(stdout);
}

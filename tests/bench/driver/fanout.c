#include "fanout.h"

#include "fleet.h"
#include "measure.h"
#include "options.h"
#include "report.h"
#include "roundtrip.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 2000000 };

/* The broadcasts of one phase; broadcast i has the sequence number first + i. */
static struct {
    uint32_t first, published, complete, audience;
    uint64_t *due_ns;    /* when it was pushed, or should have been */
    uint32_t *delivered; /* to how many */
    uint64_t deliveries, disorder, last_ns;
    histogram latency; /* of each delivery */
    histogram whole;   /* of each broadcast, until the last of its deliveries */
} run;

static uint32_t next_sequence = 1;

static void heard(client *c, const incoming *message, uint64_t now) {
    uint32_t i = message->sequence - run.first;
    if (i >= run.published) {
        fleet.others++;
        return;
    }
    if (message->sequence != c->next_sequence) run.disorder++;
    if (message->sequence < c->next_sequence) return;
    c->next_sequence = message->sequence + 1;
    run.deliveries++;
    run.last_ns = now;
    uint64_t took = now > run.due_ns[i] ? now - run.due_ns[i] : 0;
    histogram_add(&run.latency, took);
    if (++run.delivered[i] < run.audience) return;
    histogram_add(&run.whole, took);
    run.complete++;
}

static void begin(uint32_t count) {
    if (count > MOST) die("more than %d broadcasts in one phase", MOST);
    histogram_clear(&run.latency);
    histogram_clear(&run.whole);
    run.first = next_sequence;
    run.published = run.complete = 0;
    run.deliveries = run.disorder = 0;
    run.audience = (uint32_t)(fleet.joined - opt.stalled);
    run.due_ns = calloc(count, sizeof *run.due_ns);
    run.delivered = calloc(count, sizeof *run.delivered);
    if (!run.due_ns || !run.delivered) die("out of memory");
    for (int i = 0; i < fleet.opened; i++) fleet.clients[i].next_sequence = run.first;
    fleet.others = fleet.errors = 0;
    fleet.on_broadcast = heard;
    fleet.on_reply = NULL;
    run.last_ns = now_ns();
}

static void publish(uint64_t due_ns) {
    static char text[MESSAGE_MAX];
    client *publisher = &fleet.clients[0];
    run.due_ns[run.published++] = due_ns;
    fleet_send(publisher, text, write_publish(text, ++publisher->last_ref, next_sequence++));
}

static bool hopeless(void) {
    bool silent = now_ns() - run.last_ns > (uint64_t)(opt.patience_s * 1e9);
    return stopping || fleet.lost || silent || fleet.clients[0].state != JOINED;
}

static void report(mark start, const char *phase, const char *key, double value) {
    double took = (double)(run.last_ns - start.at_ns) / 1e9;
    uint64_t expected = (uint64_t)run.published * run.audience;
    report_begin(phase);
    report_count("subscribers", run.audience);
    report_number(key, value);
    report_count("broadcasts", run.published);
    report_count("complete", run.complete);
    report_count("deliveries", run.deliveries);
    report_count("missing", expected - run.deliveries);
    report_count("disorder", run.disorder);
    report_number("seconds", took);
    report_number("deliveries_per_s", took > 0 ? (double)run.deliveries / took : 0);
    report_latency(&run.latency);
    report_number("whole_p50_ms", histogram_ms(&run.whole, 0.5));
    report_count("began_ns", start.at_ns);
    report_count("ended_ns", run.last_ns);
    report_cpu(start, run.deliveries);
    report_count("errors", fleet.errors);
    report_count("lost", (uint64_t)fleet.lost);
    report_count("others", fleet.others);
}

static void end(void) {
    report_end();
    run.published = 0; /* what comes late is nobody's */
    free(run.due_ns);
    free(run.delivered);
}

static void publish_window(uint32_t in_flight, uint32_t count, mark start) {
    uint64_t limit = start.at_ns + (uint64_t)(opt.limit_s * 1e9);
    while (run.complete < count && !hopeless()) {
        bool late = now_ns() > limit;
        if (late && run.complete == run.published) break;
        while (!late && run.published < count && run.published - run.complete < in_flight) publish(now_ns());
        fleet_turn(20);
    }
}

void fanout_window(uint32_t in_flight, uint32_t count) {
    begin(count);
    mark start = mark_now();
    publish_window(in_flight, count, start);
    report(start, "fanout", "in_flight", in_flight);
    end();
}

void fanout_mix(uint32_t in_flight, int players) {
    begin(MOST);
    mark start = mark_now();
    heartbeats_begin(players);
    publish_window(in_flight, MOST, start);
    report(start, "mix", "in_flight", in_flight);
    heartbeats_report();
    end();
}

void fanout_rate(double per_s, double seconds) {
    uint32_t count = (uint32_t)(per_s * seconds);
    if (!count) count = 1;
    begin(count);
    mark start = mark_now();
    while (run.complete < count && !hopeless()) {
        for (;;) {
            uint64_t due = start.at_ns + (uint64_t)(run.published * 1e9 / per_s);
            if (run.published == count || now_ns() < due) break;
            publish(due);
        }
        fleet_turn(1);
    }
    report(start, "rate", "per_s", per_s);
    end();
}

/* ---- what others publish ---- */

static struct {
    uint64_t deliveries, disorder, first_ns, last_ns;
} ear;

static void overheard(client *c, const incoming *message, uint64_t now) {
    if (c->next_sequence && message->sequence != c->next_sequence) ear.disorder++;
    c->next_sequence = message->sequence + 1;
    if (!ear.deliveries++) ear.first_ns = now;
    ear.last_ns = now;
}

void fanout_listen(double quiet_s) {
    mark start = mark_now();
    uint64_t patience = (uint64_t)(opt.patience_s * 1e9), quiet = (uint64_t)(quiet_s * 1e9);
    memset(&ear, 0, sizeof ear);
    for (int i = 0; i < fleet.opened; i++) fleet.clients[i].next_sequence = 0;
    fleet.on_broadcast = overheard;
    while (!stopping && !fleet.lost) {
        uint64_t now = now_ns();
        if (ear.deliveries ? now - ear.last_ns > quiet : now - start.at_ns > patience) break;
        fleet_turn(20);
    }
    report_begin("listen");
    report_count("subscribers", (uint64_t)fleet.joined);
    report_count("deliveries", ear.deliveries);
    report_count("disorder", ear.disorder);
    report_count("began_ns", ear.first_ns);
    report_count("ended_ns", ear.last_ns);
    report_count("lost", (uint64_t)fleet.lost);
    report_end();
}

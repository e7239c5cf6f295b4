#include "phases.h"

#include "fanout.h"
#include "fleet.h"
#include "measure.h"
#include "options.h"
#include "report.h"
#include "roundtrip.h"
#include "storm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static histogram latency;
static long kib_before, slab_before;

static uint64_t seconds(double s) { return (uint64_t)(s * 1e9); }

static void idle(double s) {
    uint64_t end = now_ns() + seconds(s);
    while (!stopping && now_ns() < end) fleet_turn(20);
}

/* ---- join ---- */

static uint64_t last_join_ns;

static void note_join(client *c, uint64_t now) {
    histogram_add(&latency, now - c->asked_ns);
    last_join_ns = now;
}

static void report_memory(void) {
    long kib = server_kib(), slab = slab_kib();
    double each = fleet.joined ? 1.0 / fleet.joined : 0;
    report_number("server_kib_before", (double)kib_before);
    report_number("server_kib", (double)kib);
    report_number("kib_per_client", (double)(kib - kib_before) * each);
    report_number("slab_kib_per_client", (double)(slab - slab_before) * each);
}

bool phase_join(void) {
    kib_before = server_kib();
    slab_before = slab_kib();
    fleet.on_joined = note_join;
    mark start = mark_now();
    last_join_ns = start.at_ns;
    while (!stopping && fleet.joined + fleet.refused + fleet.lost < opt.clients) {
        fleet_open_more();
        fleet_turn(20);
        if (now_ns() - last_join_ns > seconds(opt.patience_s)) break;
    }
    double took = (double)(last_join_ns - start.at_ns) / 1e9;
    report_begin("join");
    report_count("clients", (uint64_t)opt.clients);
    report_count("joined", (uint64_t)fleet.joined);
    report_count("refused", (uint64_t)(opt.clients - fleet.joined));
    report_number("seconds", took);
    report_number("joins_per_s", took > 0 ? fleet.joined / took : 0);
    report_latency(&latency);
    report_cpu(start, (uint64_t)fleet.joined);
    idle(opt.settle_s);
    report_memory();
    report_end();
    fleet_stall();
    return fleet.joined > opt.stalled;
}

/* ---- stalled ---- */

/* Reads what was kept for a client that never read; true when it ends in a close, not in silence. */
static bool drain(client *c, uint64_t *bytes) {
    static char buffer[1 << 16];
    uint64_t silent_since = now_ns();
    while (!stopping && now_ns() - silent_since < seconds(1)) {
        ssize_t got = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return true;
        if (got > 0) {
            *bytes += (uint64_t)got;
            silent_since = now_ns();
        } else {
            fleet_turn(5);
        }
    }
    return false;
}

static void phase_stalled(void) {
    uint64_t closed = 0, bytes = 0;
    for (int i = 0; i < fleet.opened; i++) {
        client *c = &fleet.clients[i];
        if (c->stalled && c->state == JOINED && drain(c, &bytes)) {
            closed++;
            fleet_close(c);
        }
    }
    report_begin("stalled");
    report_count("stalled", (uint64_t)opt.stalled);
    report_count("closed", closed);
    report_count("bytes_read", bytes);
    report_end();
}

/* Several drivers that must play at the same time are let through together. */
static void gate(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[64];
    while (!stopping && poll(&input, 1, 0) == 0) fleet_turn(5);
    if (!stopping && read(STDIN_FILENO, line, sizeof line) <= 0) die("nobody is left to open the gate");
    report_begin("gate"); /* what comes next hears everything from here on */
    report_count("joined", (uint64_t)fleet.joined);
    report_end();
}

static void phase_memory(void) {
    report_begin("memory");
    report_count("joined", (uint64_t)fleet.joined);
    report_memory();
    report_end();
}

void phase_play(const char *spec) {
    char name[32] = "";
    double a = 0, b = 0;
    int fields = sscanf(spec, "%31[a-z]:%lf:%lf", name, &a, &b);
    bool both = fields == 3 && a > 0 && b > 0;
    if (!strcmp(name, "fanout") && both) fanout_window((uint32_t)a, (uint32_t)b);
    else if (!strcmp(name, "rate") && both) fanout_rate(a, b);
    else if (!strcmp(name, "heartbeat") && both) roundtrip("heartbeat", write_heartbeat, (int)a, b);
    else if (!strcmp(name, "call") && both) roundtrip("call", write_call, (int)a, b);
    else if (!strcmp(name, "mix") && both) fanout_mix((uint32_t)a, (int)b);
    else if (!strcmp(name, "storm") && both) storm((int)a, b);
    else if (!strcmp(name, "listen") && fields == 2 && a > 0) fanout_listen(a);
    else if (!strcmp(name, "gate")) gate();
    else if (!strcmp(name, "memory")) phase_memory();
    else if (!strcmp(name, "stalled")) phase_stalled();
    else if (!strcmp(name, "idle") && fields == 2) idle(a);
    else die("%s is no phase; see --help", spec);
}

#include "storm.h"

#include "fleet.h"
#include "measure.h"
#include "options.h"
#include "report.h"

enum { AGAIN_MS = 100 }; /* about what phoenix.js waits after its first failures */

static uint64_t cut_ns, last_back_ns;
static histogram away;

static void came_back(client *c, uint64_t now) {
    (void)c;
    histogram_add(&away, now - cut_ns);
    last_back_ns = now;
}

static void open_again(int first) {
    uint64_t now = now_ns();
    for (int i = first; i < fleet.opened; i++) {
        client *c = &fleet.clients[i];
        bool due = c->asked_ns < cut_ns || now - c->asked_ns > AGAIN_MS * 1000000ull;
        if (c->state == CLOSED && due) fleet_reopen(c);
    }
}

void storm(int count, double limit_s) {
    if (count >= fleet.opened) die("a storm of %d needs more than %d clients", count, fleet.opened);
    int first = fleet.opened - count, joined = fleet.joined;
    fleet.refused = 0;
    fleet.on_joined = came_back;
    histogram_clear(&away);
    mark start = mark_now();
    for (int i = first; i < fleet.opened; i++) fleet_cut(&fleet.clients[i]);
    cut_ns = last_back_ns = now_ns();
    while (!stopping && fleet.joined < joined && now_ns() - cut_ns < (uint64_t)(limit_s * 1e9)) {
        open_again(first);
        fleet_turn(10);
    }
    report_begin("storm");
    report_count("cut", (uint64_t)count);
    report_count("missing", (uint64_t)(joined - fleet.joined));
    report_number("seconds", (double)(last_back_ns - cut_ns) / 1e9);
    report_count("refused", (uint64_t)fleet.refused);
    report_count("lost", (uint64_t)fleet.lost);
    report_latency(&away);
    report_cpu(start, (uint64_t)count);
    report_end();
}

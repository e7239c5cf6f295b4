#include "roundtrip.h"

#include "fleet.h"
#include "measure.h"
#include "options.h"
#include "report.h"

static histogram latency;
static size_t (*question)(char *out, uint32_t ref);
static uint64_t answers, refusals, last_answer_ns;
static bool asking;
static int waiting;

static void ask(client *c) {
    static char text[MESSAGE_MAX];
    c->playing = true;
    c->asked_ns = now_ns();
    fleet_send(c, text, question(text, ++c->last_ref));
}

static void heard(client *c, const incoming *message, uint64_t now) {
    if (!c->playing || message->ref != c->last_ref) {
        fleet.others++;
        return;
    }
    answers++;
    refusals += message->kind == REPLY_ERROR;
    last_answer_ns = now;
    histogram_add(&latency, now - c->asked_ns);
    if (asking) {
        ask(c);
    } else {
        c->playing = false;
        waiting--;
    }
}

static void begin(size_t (*write)(char *out, uint32_t ref)) {
    histogram_clear(&latency);
    answers = refusals = fleet.others = 0;
    question = write;
    fleet.on_reply = heard;
    asking = true;
}

/* Spread over all clients: the first ones may all be with the same worker. */
static int start_players(int first, int players, bool preferred) {
    int started = 0, step = players > 0 && fleet.opened > 2 * players ? fleet.opened / players : 1;
    for (int i = first; i < fleet.opened && started < players; i += step) {
        client *c = &fleet.clients[i];
        if (c->state != JOINED || c->stalled) continue;
        if (preferred) fleet_prefer(c);
        ask(c);
        started++;
    }
    return started;
}

/* Waits for the answers that are still to come; the rest is forgotten. */
static void finish(void) {
    asking = false;
    uint64_t deadline = now_ns() + (uint64_t)(opt.patience_s * 1e9);
    while (!stopping && waiting > 0 && now_ns() < deadline && !fleet.lost) fleet_turn(20);
    for (int i = 0; i < fleet.opened; i++) fleet.clients[i].playing = false;
}

void roundtrip(const char *phase, size_t (*write)(char *out, uint32_t ref), int players, double seconds) {
    bool spoken = opt.protocol == PHOENIX || (opt.protocol == SOCKETIO && write != write_heartbeat);
    if (!spoken) die("this protocol has no %s", phase);
    begin(write);
    mark start = mark_now();
    waiting = start_players(0, players, false);
    uint64_t end = start.at_ns + (uint64_t)(seconds * 1e9);
    while (!stopping && now_ns() < end) fleet_turn(20);
    uint64_t counted = answers;
    double took = (double)(now_ns() - start.at_ns) / 1e9;
    report_begin(phase);
    report_count("clients", (uint64_t)fleet.joined);
    report_count("players", (uint64_t)waiting);
    report_count("round_trips", counted);
    report_number("seconds", took);
    report_number("round_trips_per_s", (double)counted / took);
    report_latency(&latency);
    report_cpu(start, counted);
    finish();
    report_count("unanswered", (uint64_t)(waiting > 0 ? waiting : 0));
    report_count("errors", refusals);
    report_count("lost", (uint64_t)fleet.lost);
    report_end();
}

void heartbeats_begin(int players) {
    if (opt.protocol != PHOENIX) die("this protocol has no heartbeat that a client asks for");
    begin(write_heartbeat);
    waiting = start_players(1, players, true); /* client 0 publishes */
}

void heartbeats_report(void) {
    report_count("heartbeats", answers);
    report_number("heartbeat_p50_ms", histogram_ms(&latency, 0.5));
    report_number("heartbeat_p99_ms", histogram_ms(&latency, 0.99));
    report_number("heartbeat_max_ms", (double)latency.max_ns / 1e6);
    finish();
    report_count("unanswered", (uint64_t)(waiting > 0 ? waiting : 0));
}

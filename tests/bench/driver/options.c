#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *default_path = "/socket/websocket?vsn=2.0.0";

options opt = {
    .port = 4000,
    .clients = 100,
    .opening = 50,
    .pad = 60,
    .patience_s = 10,
    .limit_s = 10,
    .settle_s = 1,
    .topic = "videos:1",
    .event = "new_annotation",
    .call_event = "ping",
    .call_payload = "{\"x\":1}",
    .join_payload = "{}",
    .label = "",
};

static const char *usage =
    "usage: driver [options] PHASE...\n"
    "\n"
    "Connects to a WebSocket server on 127.0.0.1, joins, plays the phases; one JSON line each.\n"
    "\n"
    "phases (the join comes first by itself)\n"
    "  fanout:W:M     M broadcasts, W of them in flight\n"
    "  rate:R:S       R broadcasts a second for S seconds\n"
    "  heartbeat:K:S  K clients play ping-pong with heartbeats for S seconds\n"
    "  call:K:S       K clients push --call-event and wait for the reply, for S seconds\n"
    "  mix:W:K        fan-outs, W in flight, until --limit, while K clients play ping-pong with heartbeats\n"
    "  storm:K:S      cuts K clients at once, opens them anew, gives them S seconds to be joined\n"
    "  listen:S       counts what others publish, until it is quiet for S seconds\n"
    "  gate           waits for a line on standard input\n"
    "  memory         what the server's processes hold now\n"
    "  idle:S         S seconds of nothing\n"
    "  stalled        reads what the stalled clients were sent: were they closed? Must come last\n"
    "\n"
    "options\n"
    "  --port P  --path TARGET  --paths-file FILE (a target per line)  --protocol phoenix|socketio|raw\n"
    "  --clients N  --opening K  --stall K  --topic T  --join-payload JSON\n"
    "  --event E  --pad BYTES  --call-event E  --call-payload JSON\n"
    "  --pids PID,PID  --patience S  --limit S  --settle S  --label TEXT\n";

void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("driver: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

static double number(const char *name, const char *text, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || value < least || value > most)
        die("--%s is %s, it must be a number from %g to %g", name, text, least, most);
    return value;
}

static void parse_pids(char *list) {
    for (char *pid = strtok(list, ","); pid; pid = strtok(NULL, ",")) {
        if (opt.pid_count == MAX_PIDS) die("more than %d --pids", MAX_PIDS);
        opt.pids[opt.pid_count++] = (pid_t)number("pids", pid, 1, 1e9);
    }
}

static void read_paths(const char *file_name) {
    FILE *file = fopen(file_name, "r");
    if (!file) die("cannot read %s", file_name);
    opt.paths = calloc(MAX_PATHS, sizeof *opt.paths);
    char line[2048];
    while (opt.path_count < MAX_PATHS && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (*line) opt.paths[opt.path_count++] = strdup(line);
    }
    fclose(file);
    if (!opt.path_count) die("%s holds no path", file_name);
}

static protocol protocol_named(const char *name) {
    if (!strcmp(name, "phoenix")) return PHOENIX;
    if (!strcmp(name, "socketio")) return SOCKETIO;
    if (!strcmp(name, "raw")) return RAW;
    die("--protocol is %s, it must be phoenix, socketio or raw", name);
}

static const struct option known[] = {
    {"port", required_argument, NULL, 'p'},         {"path", required_argument, NULL, 'u'},
    {"paths-file", required_argument, NULL, 'f'},   {"protocol", required_argument, NULL, 'P'},
    {"clients", required_argument, NULL, 'n'},      {"opening", required_argument, NULL, 'o'},
    {"stall", required_argument, NULL, 'k'},        {"topic", required_argument, NULL, 't'},
    {"join-payload", required_argument, NULL, 'j'}, {"event", required_argument, NULL, 'e'},
    {"pad", required_argument, NULL, 'b'},          {"call-event", required_argument, NULL, 'c'},
    {"call-payload", required_argument, NULL, 'C'}, {"pids", required_argument, NULL, 'i'},
    {"patience", required_argument, NULL, 'w'},     {"limit", required_argument, NULL, 'l'},
    {"settle", required_argument, NULL, 's'},       {"label", required_argument, NULL, 'L'},
    {"help", no_argument, NULL, 'h'},               {0},
};

static void set_option(int key, char *value) {
    switch (key) {
    case 'p': opt.port = (int)number("port", value, 1, 65535); break;
    case 'u': default_path = value; break;
    case 'f': read_paths(value); break;
    case 'P': opt.protocol = protocol_named(value); break;
    case 'n': opt.clients = (int)number("clients", value, 1, 50000); break;
    case 'o': opt.opening = (int)number("opening", value, 1, 1000); break;
    case 'k': opt.stalled = (int)number("stall", value, 0, 1000); break;
    case 't': opt.topic = value; break;
    case 'j': opt.join_payload = value; break;
    case 'e': opt.event = value; break;
    case 'b': opt.pad = (int)number("pad", value, 0, MAX_PAD); break;
    case 'c': opt.call_event = value; break;
    case 'C': opt.call_payload = value; break;
    case 'i': parse_pids(value); break;
    case 'w': opt.patience_s = number("patience", value, 0.1, 120); break;
    case 'l': opt.limit_s = number("limit", value, 0.1, 300); break;
    case 's': opt.settle_s = number("settle", value, 0, 60); break;
    case 'L': opt.label = value; break;
    case 'h': fputs(usage, stdout); exit(0);
    default: die("see --help");
    }
}

void parse_options(int argc, char **argv) {
    int key;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1) set_option(key, optarg);
    if (!opt.path_count) {
        opt.paths = &default_path;
        opt.path_count = 1;
    }
    if (opt.stalled >= opt.clients) die("--stall must be less than --clients");
    opt.phases = argv + optind;
    opt.phase_count = argc - optind;
}

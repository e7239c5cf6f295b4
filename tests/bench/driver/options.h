/* What the command line asks for. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

enum { MAX_PIDS = 64, MAX_PATHS = 20000, MAX_PAD = 60000 };

typedef enum { PHOENIX, SOCKETIO, RAW } protocol;

typedef struct {
    int port;
    int clients;          /* how many connections */
    int stalled;          /* the last ones of them never read after their join */
    int opening;          /* connections and joins under way at the same time */
    int pad;              /* extra bytes in the body of a broadcast */
    double patience_s;    /* a phase without any progress for so long ends */
    double limit_s;       /* a fan-out phase publishes no longer than this */
    double settle_s;      /* pause between the last join and the memory reading */
    protocol protocol;
    const char *topic;
    const char *event;        /* the push that the server broadcasts to the topic */
    const char *call_event;   /* the push that the server answers */
    const char *call_payload; /* JSON */
    const char *join_payload; /* JSON */
    const char *label;        /* repeated in every line of the output */
    const char **paths;       /* request targets of the upgrade; client i takes path i modulo path_count */
    int path_count;
    pid_t pids[MAX_PIDS];     /* the server's processes, for memory and CPU */
    int pid_count;
    char **phases;
    int phase_count;
} options;

extern options opt;

/* Reads argv into `opt`; prints what is wrong and exits with 2 when it can't. */
void parse_options(int argc, char **argv);

/* Prints a message to standard error and exits with 2. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

#endif

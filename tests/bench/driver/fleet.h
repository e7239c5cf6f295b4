/* All the connections: opens them, reads them, writes to them, keeps them alive. One thread, one epoll. */
#ifndef FLEET_H
#define FLEET_H

#include "messages.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { UNUSED, CONNECTING, UPGRADING, JOINING, JOINED, CLOSED } state;

typedef struct {
    int fd;
    state state;
    bool stalled;           /* never read after its join */
    bool playing;           /* takes part in a round-trip phase: it has a question under way */
    uint32_t last_ref;
    uint32_t next_sequence; /* of the broadcast that must come next */
    uint64_t asked_ns;      /* when its open question (connect, call, heartbeat) was asked */
    uint64_t written_ns;    /* when it last wrote, for the keep-alive */
    char *rest;             /* the beginning of a frame whose end has not come */
    size_t rest_length;
} client;

typedef struct {
    client *clients;
    int opened;  /* clients[0..opened) have been started */
    int opening; /* of these, still on their way to JOINED */
    int joined;
    int refused; /* closed before they were joined */
    int lost;    /* closed after they were joined */
    uint64_t others; /* messages that no phase asked for: presence, replies to pushes */
    uint64_t errors; /* replies with status error */
    void (*on_joined)(client *c, uint64_t now);
    void (*on_broadcast)(client *c, const incoming *message, uint64_t now);
    void (*on_reply)(client *c, const incoming *message, uint64_t now);
} fleet_state;

extern fleet_state fleet;

/* Set by SIGINT and SIGTERM: every loop ends. */
extern volatile sig_atomic_t stopping;

/* Allocates opt.clients, raises the limit of open files, catches signals. */
void fleet_prepare(void);

/* Starts connections until opt.opening are under way. */
void fleet_open_more(void);

/* Waits up to `wait_ms` for something to read, and reads it. */
void fleet_turn(int wait_ms);

/* Writes one text message; a client that can't take it within opt.patience_s is closed. */
void fleet_send(client *c, const char *text, size_t length);

/* Stops reading the last opt.stalled clients. */
void fleet_stall(void);

void fleet_close(client *c);

/* Cuts a joined client off with a reset, as a lost network would; it counts neither as lost nor as joined. */
void fleet_cut(client *c);

/* Opens a closed client anew. */
void fleet_reopen(client *c);

/* From now on `c` is read before all others, so that its waiting times are the server's and not our queue's. */
void fleet_prefer(client *c);

#endif

/* The messages of the protocols: Phoenix V2 JSON, Socket.IO 5 in Engine.IO 4 (socketio.h), and raw text that the
   server sends to all. No I/O. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stddef.h>
#include <stdint.h>

enum { MESSAGE_MAX = 64 * 1024 + 4096 };

/* Each writes one text message into `out` (MESSAGE_MAX bytes) and returns its length. */
size_t write_join(char *out, uint32_t ref);
size_t write_heartbeat(char *out, uint32_t ref);
size_t write_call(char *out, uint32_t ref);
size_t write_publish(char *out, uint32_t ref, uint32_t sequence);

/* The last three are Socket.IO's alone: the server's greeting, the namespace entered, a ping to be answered. */
typedef enum { OTHER, REPLY_OK, REPLY_ERROR, BROADCAST, GREETING, ENTERED, PING } kind;

typedef struct {
    kind kind;
    uint32_t ref;      /* of a reply */
    uint32_t sequence; /* of a broadcast that write_publish asked for */
} incoming;

/* Says what a text message of the server is. */
incoming read_message(const char *text, size_t length);

/* A broadcast, if the body that write_publish wrote stands in `text`. */
incoming broadcast_in(const char *text, size_t length);

#endif

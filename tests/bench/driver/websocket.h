/* RFC 6455 as a client speaks it: the upgrade, masked frames out, plain frames in. No I/O. */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>

enum { OP_CONTINUATION = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };
enum { FRAME_HEAD_MAX = 14 };

typedef struct {
    int opcode;
    bool final;
    const char *data;
    size_t length; /* of the data */
    size_t size;   /* of the whole frame */
} frame;

/* Writes the upgrade request; returns its length. */
size_t upgrade_request(char *out, size_t room, const char *path, int port);

/* Length of a complete answer in `text`, 0 while it is incomplete; `accepted` says whether it is a good 101. */
size_t upgrade_answer(const char *text, size_t length, bool *accepted);

/* Writes a masked frame; `out` needs FRAME_HEAD_MAX bytes more than `length`. Returns its size. */
size_t write_frame(char *out, int opcode, const char *data, size_t length);

/* Reads the first frame of `text`; false while it is incomplete. */
bool read_frame(const char *text, size_t length, frame *out);

#endif

#include "messages.h"

#include "options.h"
#include "socketio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands in the body of every broadcast, before ten digits of its sequence number. */
static const char marker[] = "bench ";
enum { MARKER = sizeof marker - 1, DIGITS = 10 };

static size_t checked(int length) {
    if (length < 0 || length >= MESSAGE_MAX) die("a message is longer than %d bytes", MESSAGE_MAX);
    return (size_t)length;
}

size_t write_join(char *out, uint32_t ref) {
    if (opt.protocol == SOCKETIO) return checked(socketio_join(out, MESSAGE_MAX, ref));
    return checked(snprintf(out, MESSAGE_MAX, "[\"%u\",\"%u\",\"%s\",\"phx_join\",%s]", ref, ref, opt.topic,
                            opt.join_payload));
}

size_t write_heartbeat(char *out, uint32_t ref) {
    return checked(snprintf(out, MESSAGE_MAX, "[null,\"%u\",\"phoenix\",\"heartbeat\",{}]", ref));
}

size_t write_call(char *out, uint32_t ref) {
    if (opt.protocol == SOCKETIO)
        return checked(socketio_event(out, MESSAGE_MAX, ref, opt.call_event, opt.call_payload));
    return checked(snprintf(out, MESSAGE_MAX, "[\"1\",\"%u\",\"%s\",\"%s\",%s]", ref, opt.topic,
                            opt.call_event, opt.call_payload));
}

static const char *padding(void) {
    static char text[MAX_PAD + 1];
    if (!*text) memset(text, 'x', (size_t)opt.pad);
    return text;
}

size_t write_publish(char *out, uint32_t ref, uint32_t sequence) {
    char payload[MESSAGE_MAX];
    snprintf(payload, sizeof payload, "{\"body\":\"%s%010u %s\",\"at\":%u}", marker, sequence, padding(),
             sequence % 100000);
    if (opt.protocol == RAW) return checked(snprintf(out, MESSAGE_MAX, "%s", payload));
    if (opt.protocol == SOCKETIO) return checked(socketio_publish(out, MESSAGE_MAX, payload));
    return checked(snprintf(out, MESSAGE_MAX, "[\"1\",\"%u\",\"%s\",\"%s\",%s]", ref, opt.topic, opt.event,
                            payload));
}

typedef struct {
    const char *text;
    size_t length;
} slice;

static const char *skip_separators(const char *at, const char *end) {
    while (at < end && (*at == '[' || *at == ',' || *at == ' ')) at++;
    return at;
}

/* Takes the next string (without its quotes), number or null of an array; returns where it ends. */
static const char *next_field(const char *at, const char *end, slice *field) {
    at = skip_separators(at, end);
    bool quoted = at < end && *at == '"';
    const char *start = at += quoted;
    while (at < end && (quoted ? *at != '"' : *at != ',' && *at != ']')) {
        bool escaped = *at == '\\' && at + 1 < end;
        at += escaped ? 2 : 1;
    }
    *field = (slice){start, (size_t)(at - start)};
    return at + (quoted && at < end);
}

static bool equals(slice field, const char *text) {
    return field.length == strlen(text) && !memcmp(field.text, text, field.length);
}

incoming broadcast_in(const char *text, size_t length) {
    const char *found = memmem(text, length, marker, MARKER);
    if (!found || found + MARKER + DIGITS > text + length) return (incoming){.kind = OTHER};
    return (incoming){.kind = BROADCAST, .sequence = (uint32_t)strtoul(found + MARKER, NULL, 10)};
}

/* Quotes inside a JSON string are escaped, so this can't be met in the text of a note. */
static bool is_error(const char *text, size_t length) {
    return memmem(text, length, "\"status\":\"error\"", 16)
        || memmem(text, length, "\"status\": \"error\"", 17);
}

static incoming reply_in(slice ref, const char *payload, size_t length) {
    uint32_t number = (uint32_t)strtoul(ref.text, NULL, 10);
    return (incoming){.kind = is_error(payload, length) ? REPLY_ERROR : REPLY_OK, .ref = number};
}

incoming read_message(const char *text, size_t length) {
    if (opt.protocol == RAW) return broadcast_in(text, length);
    if (opt.protocol == SOCKETIO) return socketio_read(text, length);
    const char *end = text + length, *at = text;
    slice join_ref, ref, topic, event;
    at = next_field(at, end, &join_ref);
    at = next_field(at, end, &ref);
    at = next_field(at, end, &topic);
    at = next_field(at, end, &event);
    if (at >= end) return (incoming){.kind = OTHER};
    if (equals(event, "phx_reply")) return reply_in(ref, at, (size_t)(end - at));
    if (equals(event, opt.event)) return broadcast_in(at, (size_t)(end - at));
    return (incoming){.kind = OTHER};
}

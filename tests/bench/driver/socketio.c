#include "socketio.h"

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char socketio_enter[] = "40", socketio_pong[] = "3";

int socketio_event(char *out, size_t room, uint32_t ref, const char *event, const char *payload) {
    return snprintf(out, room, "42%u[\"%s\",%s]", ref, event, payload);
}

int socketio_publish(char *out, size_t room, const char *payload) {
    return snprintf(out, room, "42[\"%s\",\"%s\",%s]", opt.event, opt.topic, payload);
}

int socketio_join(char *out, size_t room, uint32_t ref) {
    return snprintf(out, room, "42%u[\"join\",\"%s\"]", ref, opt.topic);
}

static bool starts(const char *text, size_t length, const char *with) {
    return length >= strlen(with) && !memcmp(text, with, strlen(with));
}

incoming socketio_read(const char *text, size_t length) {
    if (starts(text, length, "42")) return broadcast_in(text, length);
    if (starts(text, length, "43"))
        return (incoming){.kind = REPLY_OK, .ref = (uint32_t)strtoul(text + 2, NULL, 10)};
    if (starts(text, length, "40")) return (incoming){.kind = ENTERED};
    if (starts(text, length, "44")) return (incoming){.kind = REPLY_ERROR};
    if (starts(text, length, "0")) return (incoming){.kind = GREETING};
    if (starts(text, length, "2")) return (incoming){.kind = PING};
    return (incoming){.kind = OTHER};
}

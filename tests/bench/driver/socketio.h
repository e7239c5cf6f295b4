/* Socket.IO 5 in Engine.IO 4 over WebSocket, as much as a client of the bench speaks. No I/O.

   "0{...}" the server greets, "40" enter the namespace and "40{...}" entered, "2" ping and "3" pong,
   "42[event, payload]" an event, "42N[...]" one that wants an answer and "43N[...]" that answer. */
#ifndef SOCKETIO_H
#define SOCKETIO_H

#include "messages.h"

extern const char socketio_enter[], socketio_pong[];

/* Each writes a packet as snprintf does. Those with a `ref` want an answer. */
int socketio_join(char *out, size_t room, uint32_t ref);
int socketio_publish(char *out, size_t room, const char *payload);
int socketio_event(char *out, size_t room, uint32_t ref, const char *event, const char *payload);

incoming socketio_read(const char *text, size_t length);

#endif

/* Questions that the server answers to the one who asked. */
#ifndef ROUNDTRIP_H
#define ROUNDTRIP_H

#include <stddef.h>
#include <stdint.h>

/* `players` clients ask what `write` writes, and again at every answer, for `seconds`; prints one line. */
void roundtrip(const char *phase, size_t (*write)(char *out, uint32_t ref), int players, double seconds);

/* From now on `players` clients, not the first one, ask for heartbeats; they are read before all others. */
void heartbeats_begin(int players);

/* Ends that, and adds how long they waited to the line that is being written. */
void heartbeats_report(void);

#endif

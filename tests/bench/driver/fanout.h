/* Broadcasts to the topic: client 0 pushes them, everyone must get each of them once and in order. */
#ifndef FANOUT_H
#define FANOUT_H

#include <stdint.h>

/* `count` broadcasts, the next as soon as fewer than `in_flight` are not yet with everyone; prints one line. */
void fanout_window(uint32_t in_flight, uint32_t count);

/* The same until opt.limit_s, while `players` clients ask for heartbeats as fast as they are answered; one line. */
void fanout_mix(uint32_t in_flight, int players);

/* `per_s` broadcasts a second for `seconds`; latency counts from when each was due. Prints one line. */
void fanout_rate(double per_s, double seconds);

/* Counts what another driver publishes until it is quiet for `quiet_s`; prints one line. */
void fanout_listen(double quiet_s);

#endif

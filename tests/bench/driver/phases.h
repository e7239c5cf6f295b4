/* What is measured: each function plays one phase and prints one JSON line. */
#ifndef PHASES_H
#define PHASES_H

#include <stdbool.h>

/* Connects and joins all clients; false when none could join. */
bool phase_join(void);

/* Plays a phase as the command line names it ("fanout:8:100"); unknown names exit with 2. */
void phase_play(const char *spec);

#endif

/* A WebSocket load driver for Phoenix-style servers on this machine. See options.c for how to call it. */
#include "fleet.h"
#include "options.h"
#include "phases.h"

int main(int argc, char **argv) {
    parse_options(argc, argv);
    fleet_prepare();
    if (!phase_join()) return 1;
    for (int i = 0; i < opt.phase_count && !stopping; i++) phase_play(opt.phases[i]);
    return stopping ? 130 : 0;
}

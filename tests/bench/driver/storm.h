/* A crowd that is cut off at once and comes back at once. */
#ifndef STORM_H
#define STORM_H

/* Cuts the last `count` clients, opens them all anew, again and again where that fails, until they are joined or
   `limit_s` is over; prints one line. */
void storm(int count, double limit_s);

#endif

// What an application of ESP-IDF calls.

#ifndef SYNOD_H
#define SYNOD_H

/** Starts the device in a task of its own and returns. Once. */
void synod_start(void);

#endif

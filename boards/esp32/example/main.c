// The whole application: start the device. It lives in a task of its own; yours may go on here.

#include <synod.h>

void app_main(void);

void app_main(void) { synod_start(); }

/* INT, TERM and HUP set a flag; everything that waits looks at it. */
#ifndef PF_NET_SIGNALS_H
#define PF_NET_SIGNALS_H

#include <stdint.h>

void signals_init(void);
/* The signal that came, or 0. */
int signals_got(void);
void signals_forget(void);
/* Sleeps, and returns early if a signal comes. */
void signals_sleep(int64_t ms);

#endif

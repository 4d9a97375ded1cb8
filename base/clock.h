/* The two clocks: monotonic for durations and limits, wall for what people and the journal read. */
#ifndef PF_BASE_CLOCK_H
#define PF_BASE_CLOCK_H

#include "base/clock.h"

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds. */
int64_t clock_mono_ms(void);
/* Wall clock: milliseconds since 1970, UTC. */
int64_t clock_wall_ms(void);

#endif

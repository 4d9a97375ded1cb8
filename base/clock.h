/* The clocks: monotonic for durations and limits, wall for what people and the journal read. */
#ifndef PF_BASE_CLOCK_H
#define PF_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, in milliseconds. */
int64_t clock_mono_ms(void);
/* The same in microseconds. */
int64_t clock_mono_us(void);
/* CLOCK_MONOTONIC, in seconds, for measuring. */
double clock_mono_s(void);
/* CLOCK_MONOTONIC as it was at the kernel's last tick: a few milliseconds late, and cheaper to read. */
int64_t clock_coarse_ms(void);
/* Wall clock: milliseconds since 1970, UTC. */
int64_t clock_wall_ms(void);
/* `ms`, but not before `earlier`: the wall clock may be set back between two moments of one story. */
int64_t clock_not_before(int64_t ms, int64_t earlier);

/* CLOCK_MONOTONIC in the form that the functions of pthread take. */
struct timespec clock_mono(void);
/* Returns `when` plus ms >= 0 milliseconds. */
struct timespec clock_add_ms(struct timespec when, int64_t ms);

#endif

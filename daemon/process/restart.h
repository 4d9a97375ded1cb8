/* When a dead child is replaced: policy without mechanism. spawn.c forks, daemon/master/ reaps and obeys. Pure: time is an
 * argument, and nothing is read from the system.
 *
 * Rules, per kind of child and not per child:
 *   - A child that dies before it said ACTIVE, or with EXIT_SHORTAGE, counts as a failure. The next start waits, doubling
 *     from RESTART_FLOOR_MS to RESTART_CEILING_MS. One child that becomes ACTIVE resets the wait.
 *   - A child that worked is replaced at once: a request or a file that kills its process must not throttle the service
 *     for everybody else. A bucket of RESTART_BURST immediate replacements, refilled by one every RESTART_REFILL_MS,
 *     bounds how fast the machine can be made to fork.
 *   - EXIT_CONFIG and EXIT_SEGMENT_LOST are not cured by waiting: the verdict says what the master has to do. */
#ifndef PF_PROCESS_RESTART_H
#define PF_PROCESS_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#define RESTART_FLOOR_MS   200
#define RESTART_CEILING_MS 30000
#define RESTART_BURST      20
#define RESTART_REFILL_MS  500

enum restart_verdict {
    RESTART_AGAIN,  /* fork a successor at *due_ms */
    RESTART_CONFIG, /* the daemon ends with EXIT_CONFIG */
    RESTART_SEGMENT /* kill all children, make a new segment, start them again */
};

/* One kind's history. All zero is a good start. */
struct restart {
    unsigned failures;   /* in a row, without one success between */
    int64_t due_ms;      /* no start before; 0 = none */
    unsigned spent;      /* immediate replacements taken from the bucket */
    int64_t refilled_ms; /* up to when the bucket was refilled */
    uint64_t deaths;     /* for the status line */
};

/* A child of this kind has ended. `was_active`: it had said ACTIVE. Returns what to do, and in *due_ms when. */
enum restart_verdict restart_after(struct restart *restart, int wait_status, bool was_active, int64_t now_ms,
                                   int64_t *due_ms);
/* A start failed before there was a child (fork, no free entry). */
int64_t restart_after_failure(struct restart *restart, int64_t now_ms);
/* A child of this kind became ACTIVE. */
void restart_worked(struct restart *restart);
/* Returns true while starts of this kind are held back because they keep failing. */
bool restart_throttled(const struct restart *restart);

#endif

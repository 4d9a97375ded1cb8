/* Back-off policy. */
#include "daemon/process/restart.h"

#include "daemon/process/process.h"

#include <sys/wait.h>

int64_t restart_after_failure(struct restart *restart, int64_t now_ms)
{
    int64_t delay = RESTART_FLOOR_MS;

    for (unsigned i = 0; i < restart->failures && delay < RESTART_CEILING_MS; i++)
        delay *= 2;
    if (delay > RESTART_CEILING_MS)
        delay = RESTART_CEILING_MS;
    restart->failures++;
    restart->due_ms = now_ms + delay;
    return restart->due_ms;
}

static void refill(struct restart *restart, int64_t now_ms)
{
    if (restart->spent == 0) {
        restart->refilled_ms = now_ms;
        return;
    }
    int64_t tokens = (now_ms - restart->refilled_ms) / RESTART_REFILL_MS;
    if (tokens <= 0)
        return;
    restart->refilled_ms += tokens * RESTART_REFILL_MS;
    restart->spent = tokens >= restart->spent ? 0 : restart->spent - (unsigned)tokens;
}

/* When the bucket is empty each further death waits for a drop of its own, so that ten deaths at once do not become ten
 * starts half a second later. */
static int64_t replace(struct restart *restart, int64_t now_ms)
{
    refill(restart, now_ms);
    restart->spent++;
    if (restart->spent <= RESTART_BURST)
        return now_ms;
    return restart->refilled_ms + (int64_t)(restart->spent - RESTART_BURST) * RESTART_REFILL_MS;
}

enum restart_verdict restart_after(struct restart *restart, int wait_status, bool was_active, int64_t now_ms,
                                   int64_t *due_ms)
{
    int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;

    restart->deaths++;
    *due_ms = now_ms;
    if (code == EXIT_CONFIG)
        return RESTART_CONFIG;
    if (code == EXIT_SEGMENT_LOST)
        return RESTART_SEGMENT;
    if (!was_active || code == EXIT_SHORTAGE)
        *due_ms = restart_after_failure(restart, now_ms);
    else
        *due_ms = replace(restart, now_ms);
    return RESTART_AGAIN;
}

void restart_worked(struct restart *restart)
{
    restart->failures = 0;
    restart->due_ms = 0;
}

bool restart_throttled(const struct restart *restart)
{
    return restart->failures >= 3;
}

/* Waiting in place: the work stopped because of its environment, which passes, and the attempt goes on afterwards.
 *
 * An attempt is spent by the death of a runner or a failure of the work. A lock that somebody else holds, a deadlock,
 * a row that changed under the snapshot, a server that is away or admits nobody cost none: the runner keeps the task,
 * says so in its message, counts it, and lets the work begin again, until the time limit of the task type. */
#ifndef PF_RUNNER_WAIT_H
#define PF_RUNNER_WAIT_H

#include "daemon/runner/runner.h"

/* May the work be begun again in this attempt after this error? */
bool runner_passes(const struct store_error *error);

enum runner_waited {
    WAITED,        /* the database answers, and the task is still ours: begin again */
    WAIT_STOPPED,  /* cancelled, past the time limit, or the service stops */
    WAIT_OVERTAKEN /* the journal says that the task has ended or is somebody else's; the slot says so now, too */
};

/* Wait after such an error (in runner->job.error) for the `waits`-th time: longer each time, up to 5 s. No transaction
 * may be open. */
enum runner_waited runner_wait(struct runner *runner, unsigned waits);

#endif

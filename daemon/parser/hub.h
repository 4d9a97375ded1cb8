/* Parsers for runners: the master forks them ahead of need, a runner takes one per file.
 *
 *   master ── control (SOCK_SEQPACKET, one per runner) ──> runner
 *     every message: struct parser_ticket and, as SCM_RIGHTS, the runner's end of a fresh stream socket pair
 *   runner <── that pair ──> parser
 *
 * The master keeps no end of a pair, so end-of-file on it means that the other side is dead. A parser that died while
 * it waited leaves its ticket in the queue: parser_take() skips those. Forking from the master and not from the runner
 * keeps the runner's database connection and memory out of the process that reads hostile files. */
#ifndef PF_PARSER_HUB_H
#define PF_PARSER_HUB_H

#include <stdint.h>
#include <sys/types.h>

struct parser_ticket {
    int32_t pid;         /* for messages only: never signalled by it */
    uint32_t generation; /* of the parser's process-table entry */
    uint32_t slot;
};

/* ---- Master ---- */

struct parserhub {
    unsigned n;
    int *control; /* master's end for runner N, -1 = that runner is not there */
};

void parserhub_init(struct parserhub *hub, unsigned runners);
void parserhub_fini(struct parserhub *hub);

/* Before runner `index` is forked: a new control pair. Returns 0 and the runner's end (close it after the fork), or
 * -errno. */
int parserhub_renew(struct parserhub *hub, unsigned index, int *runner_end);
/* The runner has died: whatever waited in its queue is gone with it, and its parsers see end-of-file. */
void parserhub_drop(struct parserhub *hub, unsigned index);
/* A fresh pair: ends[0] for the runner, ends[1] for the parser. Returns 0 or -errno. */
int parserhub_pair(int ends[2]);
/* Hand the runner its end of a forked parser. Closes `end` in any case. Returns 0 or -errno (the parser then sees
 * end-of-file and leaves). */
int parserhub_give(struct parserhub *hub, unsigned index, int end, const struct parser_ticket *ticket);

/* ---- Runner ---- */

/* Take a living parser from the control socket (process.parser_control), waiting at most timeout_ms. Returns 0 with *fd
 * (owned by the caller, close-on-exec, blocking) and *ticket; -ETIMEDOUT; -EPIPE when the master is gone; or -errno. */
int parser_take(int control, int timeout_ms, struct parser_ticket *ticket, int *fd);

#endif

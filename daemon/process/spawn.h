/* Birth of children: one fork path for all of them. Mechanism only; when to fork is decided in
 * daemon/master/master.c and restart.c.
 *
 * The child starts with: default signal handlers, nothing blocked, SIGPIPE and SIGINT ignored, a death signal for the
 * master's end, its own log role and title, no descriptor but 0, 1, 2, the log's and those in `keep`, and as the leader
 * of a process group of its own: what it forks can be killed with it, and a signal to the terminal's group (Ctrl-C,
 * timeout) reaches the master alone, which turns it into a stop in the right order. */
#ifndef PF_PROCESS_SPAWN_H
#define PF_PROCESS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
    const char *role; /* "worker 0": log and process title */
    int death_signal; /* sent by the kernel when the master dies */
    bool expendable;  /* the kernel should rather kill this one when memory runs out */
    const int *keep;  /* descriptors to leave open; -1 entries are skipped */
    unsigned n_keep;
};

/* Fork; the child runs body(ctx) and exits with its result. Returns the pid, or -errno. */
pid_t spawn_child(const struct spawn *how, int (*body)(void *ctx), void *ctx);

/* For bodies that end in an exec: give SIGPIPE and SIGINT their defaults back and send standard output and error to
 * `log_path` (appending). Returns 0 or -1 with errno. */
int spawn_prepare_exec(const char *log_path);

/* ---- Process titles ---- */

/* Once, first thing in main(): remember where the arguments stand and move the environment away from behind them. */
void title_init(int argc, char **argv);
/* "priceforged: worker 0" in ps, "pf-worker-0" as the thread name. */
void title_set(const char *role);

#endif

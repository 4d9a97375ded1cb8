/* Birth of children: one fork path for all of them. Mechanism only; when to fork is decided in master.c and restart.c.
 *
 * The child starts with: default signal handlers, nothing blocked, SIGPIPE and SIGINT ignored (a Ctrl-C reaches the
 * whole terminal group, the master turns it into an orderly stop), a death signal for the master's end, its own log
 * role and title, and no descriptor but 0, 1, 2, the log's and those in `keep`. */
#ifndef PF_SPAWN_H
#define PF_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
    const char *role; /* "worker 0": log and process title */
    int death_signal; /* sent by the kernel when the master dies */
    bool own_group;   /* leads a process group of its own, so that what it forks dies with it */
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

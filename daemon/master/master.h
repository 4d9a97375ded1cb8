/* The master's own state, shared by the files that each own one verb of supervision:
 *   master.c     the loop, start order
 *   children.c   birth of workers, runners, parsers and the janitor
 *   reap.c       death
 *   supervise.c  heartbeats, kill requests, status, watchdog
 *   drain.c      the orderly stop
 *   reload.c     SIGHUP
 *   listeners.c  sockets
 *
 * One thread, one libevent base. Events only wake the loop; every turn then does the same fixed sequence of
 * maintenance, so no callback sees a child vanish under it. The master takes no lock in shared memory, speaks no SQL,
 * parses no request, and believes what a child says only after comparing generations. */
#ifndef PF_MASTER_MASTER_H
#define PF_MASTER_MASTER_H

#include "daemon/database/server.h"
#include "daemon/master/listeners.h"
#include "daemon/parser/hub.h"
#include "daemon/process/metrics.h"
#include "daemon/process/process.h"
#include "daemon/process/restart.h"

#include <event2/event.h>

/* A heartbeat older than this means hung: the child is killed. Long SQL does not count: runners beat from a thread. */
#define MASTER_HUNG_MS             30000
/* How long others wait at start for a janitor that has to reach an external database; and for one that fills the table
 * from the built-in one. Both serve before the end of the filling if it takes longer. */
#define MASTER_JANITOR_EXTERNAL_MS 1000
#define MASTER_JANITOR_PRIVATE_MS  30000

/* One position to be filled: worker 0, worker 1, …, the janitor. */
struct post {
    enum proc_kind kind;
    uint32_t index;
    pid_t pid;           /* 0 = vacant */
    struct proc_ref ref; /* of the present child */
    int64_t started_ms;
    int64_t due_ms;         /* vacant: no start before */
    bool active;            /* the present child said ACTIVE */
    bool renew;             /* to be replaced by one with the new configuration */
    int64_t kill_ms;        /* asked to end: killed at this time; 0 = not asked */
    const char *killed_for; /* why we sent SIGKILL, for the obituary; NULL = we did not */
};

enum master_stage {
    MASTER_STARTING, /* not all first children are ready */
    MASTER_SERVING,
    MASTER_RENEWING, /* the segment is lost: waiting for all children to end */
    MASTER_DRAINING,
    MASTER_OVER
};

/* Whose turn it is in an orderly stop. */
enum drain_phase { DRAIN_CHILDREN, DRAIN_PARSERS, DRAIN_JANITOR, DRAIN_DATABASE };

struct master {
    struct config *config;
    const char *config_file;  /* that the command line names, or NULL */
    const char *default_file; /* read when it names none, or NULL */
    const char *const *overrides;
    unsigned n_overrides;

    pid_t pid;
    int signal_fd;
    int alive_pipe[2]; /* nobody writes: its end-of-file tells children that the master is gone */
    struct event_base *base;
    struct event *on_signal, *on_poke, *on_notify, *on_time;
    struct shm_segment *segment;
    store_uuid node;
    struct listeners listeners;
    struct parserhub parsers;
    struct privatedb database;
    struct proc_ref database_ref; /* entry of the running mariadbd */
    pid_t database_pid;

    unsigned n_posts;
    struct post *posts;
    struct restart restart[PROC_DATABASE + 1]; /* by kind */
    struct restart segment_restart;
    uint64_t ends[METRICS_KINDS][METRICS_CAUSES]; /* of children, for /metrics; they outlive a segment */

    enum master_stage stage;
    bool others_may_start; /* the janitor is settled once: the rest may start */
    bool announced;        /* ready line and READY=1 are out */
    int64_t started_ms, turned_ms;
    int64_t beat_floor_ms; /* heartbeats before this do not count: the machine or we were asleep */
    int64_t watchdog_ms;   /* next WATCHDOG=1 */
    int64_t patience_ms;   /* next EXTEND_TIMEOUT_USEC while the database starts */

    enum drain_phase drain_phase;
    int64_t drain_limit_ms; /* for the present phase */
    int exit_code;
};

/* master.c */
int master_run(struct master *m);
/* Free whatever master_run() and daemon_main() made. */
void master_fini(struct master *m);
int master_new_segment(struct master *m);

/* children.c */
void children_make_posts(struct master *m);
void children_start_due(struct master *m, int64_t now_ms);
struct post *children_find(struct master *m, pid_t pid);
/* Number of living children of a kind; 0 counts all kinds. */
unsigned children_alive(const struct master *m, int kind);
void children_role(const struct post *post, char *out, size_t size);
/* SIGTERM to all living children of a kind, SIGKILL at `kill_ms`. */
void children_ask_to_end(struct master *m, enum proc_kind kind, int64_t kill_ms);
/* SIGKILL now, with the reason for the obituary. */
void children_kill(struct post *post, const char *reason);
/* Earliest time at which a post needs attention. */
int64_t children_due(const struct master *m);

/* reap.c */
void reap_children(struct master *m, int64_t now_ms);
/* Show all counts of ended children in the master's row of the segment. */
void reap_show_counts(struct master *m);

/* supervise.c */
void supervise_children(struct master *m, int64_t now_ms);
/* Notice that a child has said ACTIVE. */
void supervise_readiness(struct master *m, struct post *post);
void supervise_kill_requests(struct master *m);
void supervise_database(struct master *m);
void supervise_report(struct master *m, int64_t now_ms);

/* drain.c */
void drain_begin(struct master *m, int64_t now_ms, int exit_code, const char *reason);
/* A second request: patience ends at once. */
void drain_hurry(struct master *m, int64_t now_ms);
void drain_turn(struct master *m, int64_t now_ms);

/* reload.c */
void reload_configuration(struct master *m);
/* Replace, one of a kind at a time, children that were born with an older configuration. */
void reload_turn(struct master *m, int64_t now_ms);

#endif

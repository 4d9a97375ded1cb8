/* The built-in database: a mariadbd of our own for evaluation and small sites, on a unix socket, with its data under
 * the state directory. Same engine and same SQL as a site with a database server; only the owner of the process
 * differs.
 *
 * The master never waits for it and never speaks SQL. Each start is three children in a row:
 *   prepare  (prepare.c)  waits until the server of an earlier daemon has ended, makes the data directory at the first
 *                         start, compares versions
 *   server                mariadbd itself; it says READY by the notification protocol
 *   setup    (setup.c)    upgrades system tables if the server is newer, creates the database, sets the account's rights
 * A server that dies is restarted with back-off; the rest of the daemon goes on in the meantime.
 *
 * One server at a time: state_dir/db.lock is locked through an open file description that every process working on the
 * data directory inherits. The kernel drops the lock when the last of them has ended, however it ended, so a successor
 * of a killed daemon waits for exactly as long as the old server lives. */
#ifndef PF_DATABASE_SERVER_H
#define PF_DATABASE_SERVER_H

#include "daemon/config/config.h"
#include "daemon/process/restart.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum privatedb_state {
    PRIVATEDB_OFF = 0, /* the site has a database server */
    PRIVATEDB_WAITING, /* until due_ms */
    PRIVATEDB_PREPARING,
    PRIVATEDB_STARTING,
    PRIVATEDB_SETTING_UP,
    PRIVATEDB_UP,
    PRIVATEDB_STOPPING,
    PRIVATEDB_STOPPED,
    PRIVATEDB_FAILED /* a configuration error: the daemon ends */
};

struct privatedb {
    const struct config *config; /* borrowed; the master replaces it on reload */
    enum privatedb_state state;
    pid_t helper;       /* prepare or setup, 0 = none; leads a process group */
    pid_t server;       /* mariadbd, 0 = none */
    pid_t guard;        /* while it starts, 0 = none */
    int lock_fd;        /* state_dir/db.lock */
    int notify_fd;      /* the server's notifications; watched by the master */
    int64_t due_ms;     /* WAITING: when to try; STARTING, STOPPING: patience ends */
    int64_t started_ms; /* of the server */
    int64_t log_offset; /* size of db.log before this start */
    bool was_up;        /* once in this daemon's life */
    struct restart restart;
};

/* Opens lock and notification socket. Returns 0, or -1 after a message. Does nothing without a private database. */
int privatedb_init(struct privatedb *db, const struct config *config, int64_t now_ms);
void privatedb_fini(struct privatedb *db);

/* After every turn of the master's loop: reads notifications, starts what is due, looks at limits. */
void privatedb_turn(struct privatedb *db, int64_t now_ms);
/* The latest moment of the next turn; INT64_MAX = none. */
int64_t privatedb_due(const struct privatedb *db);
/* A child was reaped. Returns false when it was not ours. */
bool privatedb_reaped(struct privatedb *db, pid_t pid, int wait_status, int64_t now_ms);
/* SIGTERM to the server; never SIGKILL in an orderly stop: recovery would cope, but the next start would be slower. */
void privatedb_stop(struct privatedb *db, int64_t now_ms);

/* Returns true if nothing of it is running. */
bool privatedb_gone(const struct privatedb *db);
/* Returns true if others need not wait for it: it is up, or off, or has failed once and is retried. */
bool privatedb_settled(const struct privatedb *db);
const char *privatedb_state_name(const struct privatedb *db);

/* ---- Bodies of the children; return exit codes ---- */
int privatedb_prepare(const struct config *config, int lock_fd);
int privatedb_exec_server(const struct config *config, int lock_fd);
/* Connections that the server admits: follows from workers, runners and the janitor. */
unsigned privatedb_connections(const struct config *config);
int privatedb_set_up(const struct config *config);
/* Lives while a server starts: when the master dies meanwhile, it kills that server. MariaDB 10.11 hangs for ever on a
 * SIGTERM that reaches it between the start of its signal thread and its first accept (seen; its own issue MDEV-34814
 * describes the wait). */
int privatedb_guard(pid_t server);
/* Take the lock, waiting for a server of a daemon that is dead; kills it when it does not end. */
int privatedb_wait_for_predecessor(const struct config *config, int lock_fd);

/* ---- Shared between the files of this module; pure ---- */

/* "10.11.19-MariaDB" -> 10, 11. Returns 0 or -1. */
int privatedb_parse_version(const char *text, unsigned *major, unsigned *minor);
/* First line with [ERROR] in `log` behind `offset`, without its time stamp; "" when there is none. The first one names
 * the cause, what follows are consequences. */
void privatedb_first_error(const char *log, int64_t offset, char *out, unsigned long size);
/* Version that the data directory was last upgraded to. Returns 0, or -1 when it does not say. */
int privatedb_data_version(const struct config *config, unsigned *major, unsigned *minor);

#endif

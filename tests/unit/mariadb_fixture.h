/* A private MariaDB server for tests, in a temporary directory, reached by a unix socket, which ends at exit.
 *
 * Works as root and as an ordinary user. Without the programs (Debian: mariadb-server-core, mariadb-client-core) tests
 * must be skipped: fixture_start() says so on standard error and returns -1. */
#ifndef PF_TEST_MARIADB_FIXTURE_H
#define PF_TEST_MARIADB_FIXTURE_H

#include "store/conn.h"

/* Install and start once per process; later calls return the same server. Makes the database "pf_test". 0 or -1. */
int fixture_start(void);
/* Where it is; valid after fixture_start(). statement and read time-outs are 0, lock_timeout_s is 1. */
const struct store_config *fixture_config(void);
/* SIGKILL and reap the server. */
void fixture_kill(void);
/* Start it again on the same data and wait until it answers. From the main thread: it dies with its parent thread. */
void fixture_restart(void);
/* SIGSTOP and SIGCONT. */
void fixture_pause(void);
void fixture_resume(void);
/* Drop and make the database again, empty. Closes nothing of yours. */
void fixture_empty_database(void);

#endif

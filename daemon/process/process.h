/* What the processes of the daemon share: exit codes, the context a child starts with, and the roles' entry points. */
#ifndef PF_PROCESS_PROCESS_H
#define PF_PROCESS_PROCESS_H

#include "daemon/config/config.h"
#include "shm/proctab.h"
#include "shm/segment.h"
#include "store/journal.h"

/* Exit codes are a protocol between a child and the master (restart.c says what follows each). */
enum exit_code {
    EXIT_DONE = 0,         /* stopped in good order */
    EXIT_RECYCLE = 64,     /* replace me (memory, request count); no back-off */
    EXIT_SHORTAGE = 75,    /* environment: no memory, no descriptors; back off */
    EXIT_CONFIG = 78,      /* do not restart; the daemon ends with 78 */
    EXIT_SEGMENT_LOST = 79 /* the shared segment is beyond repair: master makes a new one */
};

/* Connections to the database that one process of each role holds at most. The built-in server admits that many. */
enum role_connections {
    CONNECTIONS_WORKER = 4, /* two for the journal, reads, exports */
    CONNECTIONS_RUNNER = 1,
    CONNECTIONS_JANITOR = 2 /* its own, and one for migrations */
};

/* Everything a child knows at its start; made by the master, inherited by fork, never changed afterwards. */
struct process {
    const struct config *config;
    struct shm_segment *segment; /* NULL in parsers */
    struct proc_ref self;
    uint32_t index; /* worker 0, 1, …; runner 0, 1, … */
    pid_t master_pid;
    int master_pipe;  /* read end; end-of-file = the master is gone */
    store_uuid node;  /* this node's id (state_dir/node-id) */
    int listen_fd;    /* worker: the TCP listener, or -1 */
    int unix_fd;      /* worker: its own unix socket */
    unsigned n_proxy; /* worker: its share of the sockets for a proxy */
    int proxy_fds[HTTP_SOCKETS_MAX];
    int parser_control; /* runner: receives parser sockets by SCM_RIGHTS; parser: its end of the pair; else -1 */
};

/* Entry points; run after fork, after descriptors of siblings are closed, handlers reset and PDEATHSIG set. They return
 * an exit code. SIGTERM means drain, SIGINT is ignored in children (the master forwards a TERM). */
int worker_main(const struct process *process);
int runner_main(const struct process *process);
int janitor_main(const struct process *process);
int parser_main(const struct process *process); /* parser_control is the socket pair's end */

/* The whole daemon; `main` and the tests' daemons call it. `default_file` is the configuration file that is read when
 * the command line names none and the file is there; NULL = none. Returns the exit code. */
int daemon_main(const char *default_file, int argc, char **argv);

#endif

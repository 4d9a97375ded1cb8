/* The database of this daemon, opened for a command: as its account, and without disturbing it.
 *
 *   - If a daemon runs here, its database is used beside it.
 *   - If none runs, the directory's lock is taken, so that none starts meanwhile; and the built-in server, if there is
 *     one, is started for as long as the command lasts. It ends with us, however we end.
 *
 * Started as root, the process becomes the daemon's account and cannot go back. */
#ifndef PF_ADMIN_SITE_H
#define PF_ADMIN_SITE_H

#include "daemon/admin/admin.h"
#include "daemon/database/server.h"

enum site_use {
    SITE_READ, /* beside a daemon */
    SITE_ALONE /* not while a daemon runs here */
};

struct site {
    const struct admin *admin;
    struct store_config store;
    struct store_conn conn;
    struct privatedb server; /* if we started it */
    int signal_fd;           /* children that ended; -1 = no server */
    pid_t daemon;            /* that runs here, 0 = none, -1 = its pid is not known */
};

/* Returns ADMIN_DONE, or an exit code after a message. `make`: the built-in database may be made if there is none yet.
 * site_close() follows in any case. */
int site_open(struct site *site, const struct admin *admin, enum site_use use, bool make);
void site_close(struct site *site);

/* The message and the exit code for the connection's last error. */
int site_say(const struct site *site);

#endif

/* Which account the daemon runs as. Called once by the master before it has made anything but the configuration. */
#ifndef PF_PROCESS_PRIVILEGE_H
#define PF_PROCESS_PRIVILEGE_H

#include "daemon/config/config.h"

/* Started as root: make the state and runtime directories for daemon.user and become that account for good. Otherwise
 * only make the directories. Sets no_new_privs either way. Returns 0, or -1 after a message on standard error (exit
 * 78). */
int privilege_drop(const struct config *config);

/* Name of the account we run as, or NULL when the user database does not know it. Static storage. */
const char *privilege_account(void);

#endif

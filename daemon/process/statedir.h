/* The daemon's two directories and the lock that makes it their only user. Master only. */
#ifndef PF_PROCESS_STATEDIR_H
#define PF_PROCESS_STATEDIR_H

#include "daemon/config/config.h"

#include <sys/types.h>

/* Make `path` (and its parents) 0700 and owned by uid/gid, with the rights we have now: root makes directories that the
 * account could not. An existing directory is given to the account only when it is empty and root's. Never follows a
 * symbolic link in the last component. Returns 0, or -1 after a message. */
int statedir_make(const char *path, uid_t uid, gid_t gid);

/* As the final account: check that both directories are ours, tighten their modes, take the locks, make spool/.
 * Returns 0, or -1 after a message; another daemon is named by its pid. The lock of a daemon that was killed may still be
 * held by a child of it that has not ended yet; then this waits for up to 10 s. The locks are held until statedir_close() or
 * death, by this process alone: children close the descriptors. */
int statedir_open(const struct config *config);
/* For a command beside the daemon: the same without the spool; if a daemon has the directories, nothing is locked and *holder
 * is its pid, -1 if that is not known. *holder 0: locked. */
int statedir_open_unless_used(const struct config *config, pid_t *holder);
void statedir_close(void);

#endif

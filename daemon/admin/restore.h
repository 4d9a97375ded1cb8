/* The parts of a restore that a move shares. */
#ifndef PF_ADMIN_RESTORE_H
#define PF_ADMIN_RESTORE_H

#include "daemon/admin/site.h"

/* May the site's database be written into? Asks if it must be. Returns an exit code after a message, or ADMIN_DONE. */
int restore_allowed(struct site *site);
/* Loads the backup that comes from `fd`. `keep_tasks`: those that had not ended go on. Returns an exit code, after a message if it is not ADMIN_DONE. */
int restore_load(struct site *site, int fd, bool keep_tasks);

#endif

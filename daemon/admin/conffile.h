/* A configuration with another [database], beside the one that is in force. */
#ifndef PF_ADMIN_CONFFILE_H
#define PF_ADMIN_CONFFILE_H

#include "daemon/admin/admin.h"

struct conf_key {
    const char *name, *value;
};

/* Writes FILE.new, where FILE is the configuration that was read, and prints what differs from FILE. Without a FILE it
 * prints what belongs into one. Returns an exit code. */
int conffile_write(const struct admin *admin, const struct conf_key *keys, unsigned n);

#endif

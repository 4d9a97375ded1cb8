/* Saved parameters of imports. */
#ifndef PF_RUN_PROFILES_H
#define PF_RUN_PROFILES_H

#include "client/core/cli.h"

#define PROFILE_OPTION                                                                                                 \
    {                                                                                                                  \
        0, "save-profile", "NAME", N_("keep these parameters for the next file"), NULL                                 \
    }

/* The path of a profile; the caller frees it. */
char *profile_path(const char *name);
/* Keeps what the import `task_id` was told under a name. Asks before one that is there is replaced. Returns an exit code. */
int profile_keep(struct cli *cli, const char *name, const char *task_id);

#endif

/* priceforge db: runs priceforge-admin, which speaks to the database; this command does not. */
#include "client/db.h"

#include "client/core/cli.h"
#include "client/core/say.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADMIN "priceforge-admin"

static const char *const examples[] = {"priceforge db backup /var/backups/prices.pfb",
                                       "priceforge db restore /var/backups/prices.pfb", "priceforge db check", NULL};

/* In a build it lies beside this program; installed, where programs lie that people do not call. */
static bool find_admin(char out[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - sizeof ADMIN);
    char *slash = n > 0 ? memrchr(out, '/', (size_t)n) : NULL;

    if (slash) {
        memcpy(slash + 1, ADMIN, sizeof ADMIN);
        if (access(out, X_OK) == 0)
            return true;
    }
    snprintf(out, PATH_MAX, "%s/%s", PF_PKGLIBEXECDIR, ADMIN);
    return access(out, X_OK) == 0;
}

int db_exec(int argc, const char *const *argv)
{
    char path[PATH_MAX];
    const char **words = calloc((size_t)argc + 3, sizeof *words);

    if (!words)
        abort();
    if (!find_admin(path)) {
        free(words);
        return say_error(CLI_USAGE, "db", "it works on the server: install the package priceforge there");
    }
    words[0] = ADMIN;
    words[1] = "db";
    memcpy(words + 2, argv, (size_t)argc * sizeof *words);
    fflush(NULL);
    union {
        const char **ours;
        char **theirs; /* execv() changes nothing, but does not say const */
    } list = {words};
    execv(path, list.theirs);
    int error = errno;
    free(words);
    return say_error(CLI_FAILED, path, "%s", strerror(error));
}

static int run(struct cli *cli)
{
    return db_exec((int)cli->n_args, cli->args);
}

const struct cli_command command_db = {
    .name = "db",
    .arguments = "backup|restore|move|check …",
    .summary = N_("On the server: back up, restore, move or check the database."),
    .examples = examples,
    .least = 1,
    .most = CLI_ARGS_MAX - 1,
    .run = run,
};

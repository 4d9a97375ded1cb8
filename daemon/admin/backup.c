/* priceforge db backup. */
#include "daemon/admin/site.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct work {
    const struct admin *admin;
    int fd;
};

/* The id of this node, if it has one. */
static void read_node(const struct config *config, char out[40])
{
    char path[PATH_MAX];
    FILE *file = snprintf(path, sizeof path, "%s/node-id", config->state_dir) < PATH_MAX ? fopen(path, "re") : NULL;

    snprintf(out, 40, "-");
    if (file && fgets(out, 40, file))
        out[strcspn(out, "\r\n")] = '\0';
    if (file)
        fclose(file);
}

static int write_backup(struct site *site, int fd)
{
    const struct admin *admin = site->admin;
    struct backup_head head = {.program = PACKAGE_VERSION};
    struct backup_error error = {.text = ""};
    struct progress progress;
    struct backup_watch watch = progress_watch(&progress, admin, "saving");

    read_node(admin->config, head.node);
    int rc = backup_write(&site->conn, fd, &head, &watch, &error);
    progress_end(&progress);
    if (rc == 0)
        admin_note(admin, "%llu rows of %u tables, as they were at %s (schema %u)", (unsigned long long)head.rows,
                   head.n_tables, head.time, head.schema);
    backup_head_free(&head);
    return rc == 0 ? ADMIN_DONE : admin_say_backup(admin, &error);
}

/* As the daemon's account, which need not be able to reach the file. */
static int run(void *ctx)
{
    const struct work *work = ctx;
    struct site site;
    int code = site_open(&site, work->admin, SITE_READ, false);

    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* forgotten when the account changed */
    if (code == ADMIN_DONE)
        code = write_backup(&site, work->fd);
    site_close(&site);
    return code;
}

/* ---- The file ---- */

static int to_stream(const struct admin *admin)
{
    struct work work = {admin, STDOUT_FILENO};

    if (isatty(STDOUT_FILENO))
        return admin_say(admin, ADMIN_USAGE, "a backup is not for a terminal; name a file or send it through a pipe");
    return admin_apart(run, &work);
}

static int sync_directory(const char *path)
{
    char copy[PATH_MAX];

    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 ? fsync(fd) : -1;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The name stands for a whole backup, or for the one before. */
static int to_file(const struct admin *admin)
{
    char beside[PATH_MAX];
    const char *path = admin->argument;
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return admin_say(admin, ADMIN_USAGE, "%s: not a regular file", path);
    admin_hold_signals();
    int fd = snprintf(beside, sizeof beside, "%s.XXXXXX", path) < PATH_MAX ? mkostemp(beside, O_CLOEXEC) : -1;
    if (fd < 0)
        return admin_say(admin, ADMIN_FAILED, "%s: %s", path, strerror(errno));
    struct work work = {admin, fd};
    int code = admin_apart(run, &work);
    if (code == ADMIN_DONE && (fsync(fd) != 0 || rename(beside, path) != 0 || sync_directory(path) != 0))
        code = admin_say(admin, ADMIN_FAILED, "%s: %s", path, strerror(errno));
    if (code != ADMIN_DONE)
        unlink(beside);
    close(fd);
    return code;
}

int admin_backup(const struct admin *admin)
{
    return strcmp(admin->argument, "-") == 0 ? to_stream(admin) : to_file(admin);
}

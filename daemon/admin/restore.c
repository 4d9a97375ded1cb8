/* priceforge db restore. */
#include "daemon/admin/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- May it be written into? --------------------------------------------------------------------------------- */

/* A word on standard input, which may be a pipe. */
static bool confirmed(const struct admin *admin, const struct backup_target *target)
{
    const char *word = admin->config->db_name;
    char line[128] = "";

    fprintf(stderr, "The database %s has %llu rows, which will be deleted. Type its name to go on: ", word,
            (unsigned long long)target->rows);
    fflush(stderr);
    if (!fgets(line, sizeof line, stdin))
        fputc('\n', stderr);
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, word) == 0;
}

static int count_others(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(unsigned *)ctx = v[0].text ? (unsigned)strtoul(v[0].text, NULL, 10) : 0;
    return 0;
}

/* A daemon on another machine shows by its sessions. */
static int others_use_it(struct site *site)
{
    unsigned others = 0;

    if (store_query(
            &site->conn,
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()", NULL,
            0, count_others, &others) != 0)
        return site_say(site);
    if (others == 0)
        return ADMIN_DONE;
    return admin_say(site->admin, ADMIN_REFUSED, "%u other sessions use the database; stop every priceforged that does",
                     others);
}

int restore_allowed(struct site *site)
{
    const struct admin *admin = site->admin;
    struct backup_target target;
    struct backup_error error = {.text = ""};

    if (backup_look(&site->conn, &target, &error) != 0)
        return admin_say_backup(admin, &error);
    if (target.stranger[0])
        return admin_say(admin, ADMIN_REFUSED,
                         "the database has a table '%s', which is not of priceforge; name another one",
                         target.stranger);
    if (target.rows > 0 && !target.unfinished && !admin->replace)
        return admin_say(admin, ADMIN_REFUSED, "the database is not empty: it has %llu rows; --replace deletes them",
                         (unsigned long long)target.rows);
    if (target.rows > 0 && !target.unfinished && !confirmed(admin, &target))
        return admin_say(admin, ADMIN_NOT_CONFIRMED, "not confirmed; nothing was changed");
    return others_use_it(site);
}

/* ---- Loading ------------------------------------------------------------------------------------------------- */

int restore_load(struct site *site, int fd, bool keep_tasks)
{
    const struct admin *admin = site->admin;
    struct backup_head head = {.schema = 0};
    struct backup_error error = {.text = ""};
    struct progress progress;
    struct backup_watch watch = progress_watch(&progress, admin, "loading");
    uint64_t ended = 0;
    int rc = backup_load(&site->conn, fd, &head, keep_tasks ? NULL : &ended, &watch, &error);

    progress_end(&progress);
    if (rc == 0) {
        admin_note(admin, "%llu rows of %u tables, as they were at %s (schema %u, node %s)",
                   (unsigned long long)head.rows, head.n_tables, head.time, head.schema, head.node);
        if (ended > 0)
            admin_note(admin, "%llu tasks had not ended then; they have failed now, with the code 'restored'",
                       (unsigned long long)ended);
    }
    backup_head_free(&head);
    if (rc == 0)
        return ADMIN_DONE;
    admin_say_backup(admin, &error);
    return admin_say(admin, error.lost ? ADMIN_AWAY : ADMIN_FAILED,
                     "the database is half restored and no daemon uses it; restore into it again");
}

static int check_file(const struct admin *admin, int fd)
{
    struct backup_head head = {.schema = 0};
    struct backup_error error = {.text = ""};
    struct progress progress;
    struct backup_watch watch = progress_watch(&progress, admin, "looking at the file");
    int rc = backup_check_file(fd, &head, &watch, &error);

    progress_end(&progress);
    backup_head_free(&head);
    if (rc != 0)
        return admin_say(admin, ADMIN_REFUSED, "%s: %s; nothing was changed", admin->argument, error.text);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return admin_say(admin, ADMIN_FAILED, "%s: %s", admin->argument, strerror(errno));
    return ADMIN_DONE;
}

int admin_restore(const struct admin *admin)
{
    struct site site;
    int fd = open(admin->argument, O_RDONLY | O_CLOEXEC); /* as the caller */

    if (fd < 0)
        return admin_say(admin, ADMIN_FAILED, "%s: %s", admin->argument, strerror(errno));
    int code = check_file(admin, fd);
    if (code == ADMIN_DONE) {
        code = site_open(&site, admin, SITE_ALONE, true);
        if (code == ADMIN_DONE)
            code = restore_allowed(&site);
        if (code == ADMIN_DONE)
            code = restore_load(&site, fd, false);
        site_close(&site);
    }
    close(fd);
    return code;
}

/* priceforge db move: from the built-in database to a server of one's own. */
#include "daemon/admin/check.h"
#include "daemon/admin/conffile.h"
#include "daemon/admin/restore.h"
#include "store/migrate.h"
#include "store/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEME  "mysql://"
#define KEYS    6
#define OPTIONS 256

/* Where to: as keys of [database], and a configuration that has them. */
struct target {
    const struct admin *admin;
    char url[1024]; /* cut up */
    char password_file[PATH_MAX];
    struct conf_key keys[KEYS];
    unsigned n_keys;
    struct admin there; /* the same command with that configuration */
};

/* ---- The address --------------------------------------------------------------------------------------------- */

static void add_key(struct target *target, const char *name, const char *value)
{
    target->keys[target->n_keys++] = (struct conf_key){name, value};
}

static int bad_url(const struct admin *admin, const char *why)
{
    return admin_say(admin, ADMIN_USAGE,
                     "--to: %s; it must be mysql://USER@HOST[:PORT]/NAME or "
                     "mysql://USER@localhost/NAME?socket=PATH",
                     why);
}

/* user@host[:port]/name[?socket=path] */
static int cut_url(struct target *target)
{
    const struct admin *admin = target->admin;

    if (strncmp(admin->to, SCHEME, strlen(SCHEME)) != 0 || strlen(admin->to) >= sizeof target->url)
        return bad_url(admin, "not an address of a database");
    snprintf(target->url, sizeof target->url, "%s", admin->to + strlen(SCHEME));
    char *at = strchr(target->url, '@'), *slash = at ? strchr(at, '/') : NULL;
    if (!slash || at == target->url || slash == at + 1 || slash[1] == '\0' || slash[1] == '?')
        return bad_url(admin, "user, host or name is missing");
    *at = *slash = '\0';
    if (strchr(target->url, ':'))
        return bad_url(admin, "a password does not belong into an argument, which everybody can see: --password-file");
    char *socket = strstr(slash + 1, "?socket="), *port = strrchr(at + 1, ':');
    if (socket) {
        *socket = '\0';
        add_key(target, "socket", socket + strlen("?socket="));
    } else {
        if (port)
            *port = '\0';
        add_key(target, "host", at + 1);
        if (port)
            add_key(target, "port", port + 1);
    }
    add_key(target, "user", target->url);
    add_key(target, "name", slash + 1);
    return ADMIN_DONE;
}

/* The daemon's own reader judges the values, and reads the password. */
static int load_target(struct target *target)
{
    const struct admin *admin = target->admin;
    char texts[KEYS][PATH_MAX + 32];
    const char *overrides[OPTIONS + KEYS];
    unsigned n = 0;

    if (admin->n_overrides > OPTIONS)
        return admin_say(admin, ADMIN_USAGE, "more than %d options -o", OPTIONS);
    if (admin->password_file) {
        if (!realpath(admin->password_file, target->password_file))
            return admin_say(admin, ADMIN_FAILED, "%s: %s", admin->password_file, strerror(errno));
        add_key(target, "password_file", target->password_file);
    }
    for (; n < admin->n_overrides; n++)
        overrides[n] = admin->overrides[n];
    for (unsigned i = 0; i < target->n_keys; i++) {
        snprintf(texts[i], sizeof texts[i], "database.%s=%s", target->keys[i].name, target->keys[i].value);
        overrides[n++] = texts[i];
    }
    target->there = *admin;
    target->there.config = NULL;
    return config_load(admin->config_file, overrides, n, &target->there.config) == 0 ? ADMIN_DONE : ADMIN_USAGE;
}

/* ---- The other database -------------------------------------------------------------------------------------- */

/* The message names the statement that grants what is missing. */
static int refused_right(const struct site *site)
{
    char remedy[500];

    site_say(site);
    if (store_remedy(&site->conn.error, site->admin->config->db_name, remedy, sizeof remedy))
        return admin_say(site->admin, ADMIN_REFUSED, "what to do: %s", remedy);
    return ADMIN_REFUSED;
}

/* On tables that the copy makes anew. */
static int try_rights(struct site *site)
{
    unsigned weak = 0, made = 0;
    char text[200];

    if (store_migrate(&site->conn, NULL) != 0 || store_own_triggers(&site->conn, &made) != 0 ||
        store_try_rights(&site->conn) != 0 || store_weaknesses(&site->conn, &weak) != 0)
        return refused_right(site);
    store_weakness_text(weak, text, sizeof text);
    if (weak)
        admin_note(site->admin, "note: %s", text);
    return ADMIN_DONE;
}

static int open_target(struct site *site, const struct target *target)
{
    *site = (struct site){.admin = &target->there, .signal_fd = -1, .server = {.lock_fd = -1, .notify_fd = -1}};
    site->store = config_store(target->there.config, 3600, 0);
    store_conn_init(&site->conn, &site->store);
    if (target->password_file[0] && access(target->password_file, R_OK) != 0)
        return admin_say(target->admin, ADMIN_REFUSED, "the daemon's account cannot read %s: %s", target->password_file,
                         strerror(errno));
    if (store_ensure(&site->conn) != 0)
        return refused_right(site);
    int code = restore_allowed(site);
    return code == ADMIN_DONE ? try_rights(site) : code;
}

/* ---- The copy ------------------------------------------------------------------------------------------------ */

struct writer {
    struct site *from;
    int fd;
    struct backup_error error;
    int rc;
};

static void *write_all(void *ctx)
{
    struct writer *writer = ctx;
    struct backup_head head = {.program = PACKAGE_VERSION, .node = "-"};

    writer->rc = backup_write(&writer->from->conn, writer->fd, &head, NULL, &writer->error);
    backup_head_free(&head);
    close(writer->fd); /* the reader sees the end */
    return NULL;
}

static int copy(struct site *from, struct site *to)
{
    struct writer writer = {.from = from};
    pthread_t thread;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return admin_say(from->admin, ADMIN_FAILED, "%s", strerror(errno));
    writer.fd = ends[1];
    if (pthread_create(&thread, NULL, write_all, &writer) != 0)
        return admin_say(from->admin, ADMIN_FAILED, "no thread can be made");
    int code = restore_load(to, ends[0], true);
    close(ends[0]); /* if the load failed, the writer sees that nobody reads */
    pthread_join(thread, NULL);
    return code == ADMIN_DONE && writer.rc != 0 ? admin_say_backup(from->admin, &writer.error) : code;
}

static int copy_and_check(struct site *from, struct site *to)
{
    int code = copy(from, to);

    if (code == ADMIN_DONE && (code = check_database(to)) == ADMIN_FAILED)
        code = admin_say(from->admin, ADMIN_FAILED,
                         "the copy has these faults; does the old database have them, too? "
                         "(priceforge db check)");
    return code;
}

/* As the daemon's account. */
static int run(void *ctx)
{
    const struct target *target = ctx;
    struct site from, to = {.signal_fd = -1};
    int code = site_open(&from, target->admin, SITE_ALONE, false);

    if (code == ADMIN_DONE) {
        code = open_target(&to, target);
        if (code == ADMIN_DONE)
            code = copy_and_check(&from, &to);
        store_conn_fini(&to.conn);
    }
    fflush(stdout);
    site_close(&from);
    return code;
}

int admin_move(const struct admin *admin)
{
    struct target target = {.admin = admin};

    if (!admin->to)
        return admin_say(admin, ADMIN_USAGE, "--to is missing");
    if (!admin->config->private_database)
        return admin_say(admin, ADMIN_REFUSED, "the database is already one of a server: [database] names it");
    int code = cut_url(&target);
    if (code == ADMIN_DONE)
        code = load_target(&target);
    if (code == ADMIN_DONE)
        code = admin_apart(run, &target);
    if (code == ADMIN_DONE)
        code = conffile_write(admin, target.keys, target.n_keys);
    config_free(&target.there.config);
    return code;
}

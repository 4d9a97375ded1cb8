/* What the commands of priceforge-admin share: the command line, exit codes, messages, progress. */
#ifndef PF_ADMIN_ADMIN_H
#define PF_ADMIN_ADMIN_H

#include "daemon/config/config.h"
#include "store/backup/backup.h"

/* As those of priceforge(1). */
enum admin_exit {
    ADMIN_DONE = 0,
    ADMIN_FAILED = 1,        /* a fault was found, or something local failed */
    ADMIN_USAGE = 2,         /* wrong usage, bad configuration */
    ADMIN_REFUSED = 3,       /* the database is not empty, a daemon runs, the file is not a whole backup */
    ADMIN_AWAY = 4,          /* the database cannot be reached */
    ADMIN_NOT_CONFIRMED = 7, /* the word was not typed */
};

struct admin {
    const char *verb; /* "backup", for messages */
    const char *argument;
    const char *config_file; /* that was read, or NULL */
    struct config *config;
    bool replace, quiet;
    const char *to, *password_file; /* move */
    const char *const *overrides;   /* of the command line, "section.key=value" */
    unsigned n_overrides;
};

int admin_backup(const struct admin *admin);
int admin_restore(const struct admin *admin);
int admin_move(const struct admin *admin);
int admin_check(const struct admin *admin);

/* "priceforge: db backup: what it is", on standard error. Returns `code`. */
int admin_say(const struct admin *admin, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A line of talk on standard error, unless quiet. */
void admin_note(const struct admin *admin, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a failed part of a backup. */
int admin_say_backup(const struct admin *admin, const struct backup_error *error);

/* ---- Running a part as another account ---- */

/* From here on INT, TERM and HUP wait for admin_apart(): nothing half made is left behind. */
void admin_hold_signals(void);
/* Runs `body` in a child, which may give up its rights for good. Those signals end the child; we return. Returns its exit
 * code, or ADMIN_FAILED if it was killed. */
int admin_apart(int (*body)(void *ctx), void *ctx);

/* ---- Progress ---- */

/* A line that is written over on a terminal, else one each ten seconds; nothing if quiet. */
struct progress {
    const struct admin *admin;
    const char *what; /* "saving" */
    int64_t told_ms;
    bool open; /* the cursor stands behind it */
};
struct backup_watch progress_watch(struct progress *progress, const struct admin *admin, const char *what);
void progress_end(struct progress *progress);

#endif

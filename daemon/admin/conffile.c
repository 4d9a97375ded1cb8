/* Keeps every line of a configuration but those of the keys that say where the database is. */
#include "daemon/admin/conffile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

struct editing {
    const struct conf_key *keys;
    unsigned n;
    FILE *to; /* NULL: only tell */
    bool in_section, done;
};

static void tell(struct editing *edit, char sign, const char *line)
{
    printf("%c%s", sign, line);
    if (line[strcspn(line, "\n")] == '\0')
        putchar('\n');
    if (sign != '-' && edit->to)
        fputs(line, edit->to);
}

static void put_keys(struct editing *edit)
{
    char line[LINE_MAX_BYTES];

    for (unsigned i = 0; i < edit->n; i++) {
        snprintf(line, sizeof line, "%s = %s\n", edit->keys[i].name, edit->keys[i].value);
        tell(edit, '+', line);
    }
    edit->done = true;
}

/* Is it a line of one of the keys that the new ones replace? */
static bool is_old(const char *line)
{
    static const char *const names[] = {"host", "socket", "port", "user", "password_file", "name", "tls_ca", NULL};

    line += strspn(line, " \t");
    for (const char *const *name = names; *name; name++) {
        size_t n = strlen(*name);
        const char *behind = line + n;
        if (strncmp(line, *name, n) == 0 && (behind += strspn(behind, " \t"), *behind == '=' || *behind == ':'))
            return true;
    }
    return false;
}

static void take_line(struct editing *edit, const char *line)
{
    const char *start = line + strspn(line, " \t");

    if (*start == '[')
        edit->in_section = strncmp(start, "[database]", 10) == 0;
    if (edit->in_section && is_old(line)) {
        tell(edit, '-', line);
        return;
    }
    if (edit->in_section && *start == '[')
        tell(edit, ' ', line);
    else if (edit->to)
        fputs(line, edit->to);
    if (edit->in_section && *start == '[' && !edit->done)
        put_keys(edit);
}

static void edit_lines(struct editing *edit, FILE *from)
{
    char line[LINE_MAX_BYTES];
    bool ended = true;

    while (from && fgets(line, sizeof line, from)) {
        take_line(edit, line);
        ended = strchr(line, '\n') != NULL;
    }
    if (edit->done)
        return;
    if (edit->to && !ended)
        fputc('\n', edit->to);
    if (edit->to)
        fputc('\n', edit->to);
    tell(edit, '+', "[database]\n");
    put_keys(edit);
}

/* With owner and mode of the old one. */
static FILE *create(const char *path, FILE *from)
{
    struct stat st;
    int fd =
        fstat(fileno(from), &st) == 0 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;

    if (fd < 0)
        return NULL;
    if (fchmod(fd, st.st_mode & 0777) != 0 || (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)) {
        close(fd);
        return NULL;
    }
    return fdopen(fd, "w");
}

static int finish(const struct admin *admin, FILE *to, const char *path)
{
    bool good = fflush(to) == 0 && !ferror(to) && fsync(fileno(to)) == 0;
    int error = errno;

    if (fclose(to) != 0 || !good)
        return admin_say(admin, ADMIN_FAILED, "%s: %s", path, strerror(error));
    admin_note(admin,
               "The configuration for it is %s. When it is right: mv %s %s, and start the daemon. The old database "
               "is left as it is, in %s/db.",
               path, path, admin->config_file, admin->config->state_dir);
    return ADMIN_DONE;
}

int conffile_write(const struct admin *admin, const struct conf_key *keys, unsigned n)
{
    struct editing edit = {.keys = keys, .n = n};
    char path[PATH_MAX];

    if (!admin->config_file) {
        edit_lines(&edit, NULL);
        admin_note(admin,
                   "This belongs into the configuration of the daemon. The old database is left as it is, in %s/db.",
                   admin->config->state_dir);
        return ADMIN_DONE;
    }
    FILE *from = fopen(admin->config_file, "re");
    if (!from || snprintf(path, sizeof path, "%s.new", admin->config_file) >= PATH_MAX ||
        !(edit.to = create(path, from))) {
        int error = errno;
        if (from)
            fclose(from);
        return admin_say(admin, ADMIN_FAILED, "%s.new: %s", admin->config_file, strerror(error));
    }
    printf("--- %s\n+++ %s\n", admin->config_file, path);
    edit_lines(&edit, from);
    fclose(from);
    return finish(admin, edit.to, path);
}

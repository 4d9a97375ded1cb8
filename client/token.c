/* The token file is replaced as a whole, by rename: a daemon that reads it at that moment sees the old file or the
 * new one. A lock on the directory makes writers take turns. */
#include "client/token.h"

#include "base/bytes.h"
#include "base/token_file.h"
#include "base/token_use.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400

struct work {
    const char *path;
    const char *uses; /* the directory of base/token_use.h */
    unsigned scopes;
    long days; /* 0 = no end */
    struct tokens tokens;
    struct stat st;
    bool exists;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "priceforge: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* ---- The file ---- */

static int lock_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    free(copy);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A file with a line that is not understood is not replaced: the line may exist nowhere else. */
static int read_file(struct work *work)
{
    char why[200];
    int bad = tokens_read(work->path, &work->tokens, &work->st, why);

    work->exists = bad >= 0;
    if (bad == 0 || (bad < 0 && access(work->path, F_OK) != 0 && errno == ENOENT))
        return EXIT_SUCCESS;
    return fail(work->path, why);
}

static bool write_lines(const struct work *work, int fd)
{
    FILE *out = fdopen(fd, "w");

    if (!out)
        return close(fd), false;
    fputs("# API tokens of priceforge: ID SCOPES SHA256 CREATED EXPIRES NAME. Kept by `priceforge token`.\n", out);
    for (size_t i = 0; i < work->tokens.n; i++)
        token_print(&work->tokens.list[i], out);
    bool good = fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;
    return fclose(out) == 0 && good;
}

/* Owner and mode stay as they were. A new file may be read by everybody, because it has no secrets in it. */
static bool keep_owner(const struct work *work, int fd)
{
    struct stat own;

    if (!work->exists)
        return fchmod(fd, 0644) == 0;
    if (fstat(fd, &own) != 0)
        return false;
    if ((own.st_uid != work->st.st_uid || own.st_gid != work->st.st_gid) &&
        fchown(fd, work->st.st_uid, work->st.st_gid) != 0)
        return false;
    return fchmod(fd, work->st.st_mode & 07777) == 0;
}

static int write_file(const struct work *work, int directory)
{
    char temporary[4200];

    if ((size_t)snprintf(temporary, sizeof temporary, "%s.XXXXXX", work->path) >= sizeof temporary)
        return fail(work->path, strerror(ENAMETOOLONG));
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail(temporary, strerror(errno));
    if (!keep_owner(work, fd)) {
        int error = errno;
        close(fd);
        unlink(temporary);
        return fail(work->path, strerror(error));
    }
    if (!write_lines(work, fd) || rename(temporary, work->path) != 0 || fsync(directory) != 0) {
        int error = errno;
        unlink(temporary);
        return fail(work->path, strerror(error));
    }
    return EXIT_SUCCESS;
}

/* ---- Commands ---- */

static void put_in(struct work *work, const struct token *token)
{
    work->tokens.list = xrealloc(work->tokens.list, (work->tokens.n + 1u) * sizeof *token);
    work->tokens.list[work->tokens.n++] = *token;
}

static bool good_name(const char *name)
{
    size_t n = strlen(name);

    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            return false;
    return n > 0 && n < TOKEN_NAME && name[0] != ' ';
}

static int add(struct work *work, int directory, int argc, char **argv)
{
    struct token token = {.scopes = work->scopes, .created_s = time(NULL)};
    char text[TOKEN_TEXT + 1];

    if (argc != 1)
        return TOKEN_USAGE;
    if (!good_name(argv[0]))
        return fail("the name", "must have 1 to 79 bytes, no control characters and no space at its beginning");
    if (work->tokens.n >= TOKENS_MAX)
        return fail(work->path, "has the largest number of tokens that is allowed; revoke some");
    do
        token_make(&token, text);
    while (tokens_find(&work->tokens, token.id));
    snprintf(token.name, sizeof token.name, "%s", argv[0]);
    token.expires_s = work->days ? token.created_s - token.created_s % DAY + work->days * DAY : 0;
    put_in(work, &token);
    int code = write_file(work, directory);
    if (code == EXIT_SUCCESS) {
        puts(text);
        fputs("The token is shown only now. Clients send it as: Authorization: Bearer TOKEN\n", stderr);
    }
    explicit_bzero(text, sizeof text);
    return code;
}

/* Returns the day of the last use, or "-" if it cannot be known. */
static void last_use(int uses, const char *id, char out[16])
{
    int64_t used_s = uses >= 0 ? tokens_use_read(uses, id) : 0;

    if (uses >= 0)
        token_day_text(used_s, out);
    else
        snprintf(out, 16, "-");
}

static int list(const struct work *work)
{
    int64_t now = time(NULL);

    if (!work->exists)
        return fail(work->path, strerror(ENOENT));
    int uses = open(work->uses, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < work->tokens.n; i++) {
        const struct token *token = &work->tokens.list[i];
        char scopes[64], created[16], expires[16], used[16];
        token_scopes_text(token->scopes, scopes);
        token_day_text(token->created_s, created);
        token_day_text(token->expires_s, expires);
        last_use(uses, token->id, used);
        printf("%s  %-22s  %s  %-10s%s  used %-10s  %s\n", token->id, scopes, created, expires,
               token->expires_s && now >= token->expires_s ? " (expired)" : "", used, token->name);
    }
    if (uses >= 0)
        close(uses);
    return EXIT_SUCCESS;
}

static int revoke_ids(struct work *work, int directory, int argc, char **argv)
{
    if (argc == 0)
        return TOKEN_USAGE;
    for (int i = 0; i < argc; i++) {
        struct token *token = strlen(argv[i]) == TOKEN_ID ? tokens_find(&work->tokens, argv[i]) : NULL;
        if (!token)
            return fail(argv[i], "unknown id; nothing was revoked. `priceforge token list` shows the ids");
        size_t at = (size_t)(token - work->tokens.list);
        memmove(token, token + 1, (work->tokens.n - at - 1) * sizeof *token);
        work->tokens.n--;
    }
    return write_file(work, directory);
}

static int take_options(struct work *work, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "f:s:d:u:")) != -1) {
        char *end = NULL;
        if (option == 'f')
            work->path = optarg;
        else if (option == 'u')
            work->uses = optarg;
        else if (option == 's' && token_scopes(optarg, &work->scopes) != 0)
            return fail(optarg, "unknown scope; known scopes: read, start, edit, cancel, admin (separated by commas)");
        else if (option == 'd' && ((work->days = strtol(optarg, &end, 10)) < 1 || work->days > 36500 || *end))
            return fail(optarg, "the number of days must be from 1 to 36500");
        else if (option == '?')
            return TOKEN_USAGE;
    }
    return EXIT_SUCCESS;
}

static int run(struct work *work, const char *command, int argc, char **argv)
{
    if (strcmp(command, "list") == 0)
        return argc ? TOKEN_USAGE : read_file(work) ? EXIT_FAILURE : list(work);
    bool adding = strcmp(command, "add") == 0;
    if (!adding && strcmp(command, "revoke") != 0)
        return TOKEN_USAGE;
    int directory = lock_directory(work->path);
    if (directory < 0)
        return fail(work->path, strerror(errno));
    int code = read_file(work);
    if (code == EXIT_SUCCESS)
        code = adding ? add(work, directory, argc, argv) : revoke_ids(work, directory, argc, argv);
    close(directory);
    return code;
}

int token_command(int argc, char **argv)
{
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a new token is in its memory */
    struct work work = {.path = PF_SYSCONFDIR "/priceforge/tokens",
                        .uses = "/var/lib/priceforge/tokens-used",
                        .scopes = 1u << SCOPE_READ};
    int code = take_options(&work, argc, argv);

    if (code == EXIT_SUCCESS)
        code = run(&work, argv[0], argc - optind, argv + optind);
    tokens_fini(&work.tokens);
    return code;
}

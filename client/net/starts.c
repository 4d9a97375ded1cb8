/* The memory of starts. A line: time, server, key, digest, task id or "?"; they are read and written under a lock. */
#include "client/net/starts.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "client/core/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define KEPT       1000
#define OPEN_MS    (10 * 60 * 1000)
#define DIGEST     64
#define OPEN_ID    "........-....-....-....-............"
#define REFUSED    "--------------------------------------" /* of the same length, and no id */
#define LINE_BYTES (SETTING_BYTES + 256)

struct line {
    long long at_ms;
    char server[SETTING_BYTES], key[HEX_UUID_SIZE], digest[DIGEST + 1], id[HEX_UUID_SIZE];
};

static bool read_line(const char *text, struct line *line)
{
    char *end;
    line->at_ms = strtoll(text, &end, 10);
    return sscanf(end, "\t%1023[^\t]\t%36[^\t]\t%64[^\t]\t%36s", line->server, line->key, line->digest, line->id) == 4;
}

/* Opened and locked; NULL if it cannot be had. */
static FILE *open_file(const char *mode, int flags)
{
    char path[SETTING_BYTES];
    if (!settings_path("XDG_STATE_HOME", ".local/state", "starts", path))
        return NULL;
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return NULL;
    FILE *file = flock(fd, LOCK_EX) == 0 ? fdopen(fd, mode) : NULL;
    if (!file)
        close(fd);
    return file;
}

static void each(bool (*visit)(const struct line *line, void *ctx), void *ctx)
{
    FILE *file = open_file("r", O_RDONLY);
    char text[LINE_BYTES];
    struct line line;
    while (file && fgets(text, sizeof text, file))
        if (read_line(text, &line) && !visit(&line, ctx))
            break;
    if (file)
        fclose(file);
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

struct wanted {
    const char *server, *digest, *prefix;
    struct start_memory memory;
    unsigned found;
};

static bool on_open(const struct line *line, void *ctx)
{
    struct wanted *wanted = ctx;
    if (strcmp(line->server, wanted->server) != 0 || strcmp(line->digest, wanted->digest) != 0)
        return true;
    wanted->found = strcmp(line->id, OPEN_ID) == 0 && clock_wall_ms() - line->at_ms < OPEN_MS;
    snprintf(wanted->memory.key, sizeof wanted->memory.key, "%s", line->key);
    wanted->memory.at_ms = line->at_ms;
    return true;
}

bool starts_find_open(const char *server, const char *digest, struct start_memory *memory)
{
    struct wanted wanted = {.server = server, .digest = digest};
    each(on_open, &wanted);
    *memory = wanted.memory;
    return wanted.found > 0;
}

static bool on_id(const struct line *line, void *ctx)
{
    struct wanted *wanted = ctx;
    uint8_t id[16];
    if (strcmp(line->server, wanted->server) != 0 || hex_uuid_read(line->id, id) != 0 ||
        strncmp(line->id, wanted->prefix, strlen(wanted->prefix)) != 0)
        return true;
    wanted->found += strcmp(wanted->memory.task_id, line->id) != 0;
    memcpy(wanted->memory.task_id, line->id, HEX_UUID_SIZE);
    return true;
}

unsigned starts_by_prefix(const char *server, const char *prefix, char task_id[HEX_UUID_SIZE])
{
    struct wanted wanted = {.server = server, .prefix = prefix};
    each(on_id, &wanted);
    memcpy(task_id, wanted.memory.task_id, HEX_UUID_SIZE);
    return wanted.found;
}

bool starts_last(const char *server, char task_id[HEX_UUID_SIZE])
{
    return starts_by_prefix(server, "", task_id) > 0;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

/* The last lines go into a new file that takes the place of this one. */
static void shorten(FILE *file, unsigned n)
{
    char path[SETTING_BYTES], other[SETTING_BYTES + 8], text[LINE_BYTES];
    if (n < 2 * KEPT || !settings_path("XDG_STATE_HOME", ".local/state", "starts", path))
        return;
    snprintf(other, sizeof other, "%s.new", path);
    int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!to)
        return;
    rewind(file);
    for (unsigned i = 0; fgets(text, sizeof text, file); i++)
        if (i + KEPT >= n)
            fputs(text, to);
    if (fclose(to) != 0 || rename(other, path) != 0)
        unlink(other);
}

void starts_add(const char *server, const char *digest, const char *key)
{
    FILE *file = open_file("a+", O_RDWR | O_APPEND | O_CREAT);
    char text[LINE_BYTES];
    unsigned n = 0;
    if (!file)
        return;
    fprintf(file, "%lld\t%s\t%s\t%s\t%s\n", (long long)clock_wall_ms(), server, key, digest, OPEN_ID);
    fflush(file);
    fdatasync(fileno(file));
    rewind(file);
    while (fgets(text, sizeof text, file))
        n++;
    shorten(file, n);
    fclose(file);
}

/* The id stands at the end of its line and always has the same length, so that it is written in its place. */
void starts_done(const char *key, const char *task_id)
{
    FILE *file = open_file("r+", O_RDWR);
    char text[LINE_BYTES];
    struct line line;
    while (file && fgets(text, sizeof text, file))
        if (read_line(text, &line) && strcmp(line.key, key) == 0) {
            off_t end = ftello(file);
            ssize_t n = pwrite(fileno(file), task_id ? task_id : REFUSED, HEX_UUID_SIZE - 1, end - HEX_UUID_SIZE);
            (void)n; /* a memory that cannot be kept is no fault of the start */
            break;
        }
    if (file)
        fclose(file);
}

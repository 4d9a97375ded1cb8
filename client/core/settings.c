/* client.conf, environment, options. */
#include "client/core/settings.h"

#include "client/core/cli.h"
#include "client/core/say.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_ADMIN "/run/priceforge-admin.sock"
#define SOCKET_HTTP  "/run/priceforge-http/http-0.sock"
#define BUILT_IN     "http://127.0.0.1:8087"

static const char *home(void)
{
    const char *path = getenv("HOME");
    struct passwd *entry = path && *path ? NULL : getpwuid(getuid());
    return path && *path ? path : entry ? entry->pw_dir : NULL;
}

static bool make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int rc = mkdir(path, 0700);
        *slash = '/';
        if (rc != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

bool settings_path(const char *variable, const char *otherwise, const char *file, char out[SETTING_BYTES])
{
    const char *base = getenv(variable);
    int n;
    if (base && base[0] == '/')
        n = snprintf(out, SETTING_BYTES, "%s/priceforge/%s", base, file);
    else if (home())
        n = snprintf(out, SETTING_BYTES, "%s/%s/priceforge/%s", home(), otherwise, file);
    else
        return false;
    return n < SETTING_BYTES && make_parents(out);
}

/* ---- client.conf ------------------------------------------------------------------------------------------------ */

struct reading {
    struct settings *settings;
    const char *wanted; /* the server's name; NULL = the default one */
    const char *path;
    char fallback[64]; /* what `default` says */
    bool found;
    int rc;
};

static int bad_line(struct reading *reading, const char *section, const char *name)
{
    reading->rc = say_error(CLI_USAGE, reading->path, "[%s] %s is unknown", section, name);
    return 0;
}

static int keep(struct reading *reading, char *out, size_t size, const char *name, const char *value)
{
    if ((size_t)snprintf(out, size, "%s", value) < size)
        return 1;
    reading->rc = say_error(CLI_USAGE, reading->path, "%s is too long", name);
    return 0;
}

static int on_server(struct reading *reading, const char *section, const char *name, const char *value)
{
    struct settings *s = reading->settings;
    reading->found = true;
    snprintf(s->name, sizeof s->name, "%s", section + strlen("server "));
    if (strcmp(name, "url") == 0)
        return keep(reading, s->url, sizeof s->url, name, value);
    if (strcmp(name, "token_file") == 0)
        return keep(reading, s->token_from, sizeof s->token_from, name, value);
    if (strcmp(name, "ca_file") == 0)
        return keep(reading, s->ca_file, sizeof s->ca_file, name, value);
    if (strcmp(name, "protect") == 0) {
        s->protect = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
        return 1;
    }
    return bad_line(reading, section, name);
}

static int on_default(struct reading *reading, const char *name, const char *value)
{
    struct settings *s = reading->settings;
    const struct {
        const char *name;
        char *out;
        size_t size;
    } known[] = {{"warehouse", s->warehouse, sizeof s->warehouse},
                 {"currency", s->currency, sizeof s->currency},
                 {"progress", s->progress, sizeof s->progress},
                 {"color", s->color, sizeof s->color}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i].name) == 0)
            return keep(reading, known[i].out, known[i].size, name, value);
    return bad_line(reading, "defaults", name);
}

static int on_line(void *ctx, const char *section, const char *name, const char *value)
{
    struct reading *reading = ctx;
    if (*section == '\0' && strcmp(name, "default") == 0)
        return keep(reading, reading->fallback, sizeof reading->fallback, name, value);
    if (strcmp(section, "defaults") == 0)
        return on_default(reading, name, value);
    if (strncmp(section, "server ", strlen("server ")) != 0)
        return bad_line(reading, section, name);
    const char *own = section + strlen("server "), *wanted = reading->wanted ? reading->wanted : reading->fallback;
    return strcmp(own, wanted) == 0 ? on_server(reading, section, name, value) : 1;
}

/* Returns CLI_DONE if the file was read or is not there. */
static int read_file(const char *path, bool must, struct reading *reading)
{
    reading->path = path;
    FILE *file = fopen(path, "re");
    if (!file && (must || (errno != ENOENT && errno != ENOTDIR)))
        return say_error(CLI_USAGE, path, "%s", strerror(errno));
    int line = file ? ini_parse_file(file, on_line, reading) : 0;
    if (file)
        fclose(file);
    if (line > 0 && reading->rc == CLI_DONE)
        return say_error(CLI_USAGE, path, "line %d is not understood", line);
    return reading->rc;
}

static int read_files(struct cli *cli, struct reading *reading)
{
    char own[SETTING_BYTES];
    const char *said = cli_value(cli, "config");
    if (!said)
        said = getenv("PRICEFORGE_CONFIG");
    if (said && *said)
        return read_file(said, true, reading);
    if (settings_path("XDG_CONFIG_HOME", ".config", "client.conf", own) && access(own, F_OK) == 0) {
        int rc = read_file(own, true, reading);
        reading->path = NULL; /* it is ours */
        return rc;
    }
    return read_file(PF_SYSCONFDIR "/priceforge/client.conf", false, reading);
}

/* ---- Server ----------------------------------------------------------------------------------------------------- */

static bool is_url(const char *text)
{
    return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0 || strncmp(text, "unix:/", 6) == 0;
}

static void set_url(struct settings *s, const char *url, const char *from)
{
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/' && strncmp(url, "unix:", 5) != 0)
        n--;
    snprintf(s->url, sizeof s->url, "%.*s", (int)n, url);
    snprintf(s->url_from, sizeof s->url_from, "%s", from);
}

/* The first that can be reached. */
static void set_built_in(struct settings *s)
{
    if (access(SOCKET_ADMIN, W_OK) == 0)
        set_url(s, "unix:" SOCKET_ADMIN, "built in");
    else if (access(SOCKET_HTTP, W_OK) == 0)
        set_url(s, "unix:" SOCKET_HTTP, "built in");
    else
        set_url(s, BUILT_IN, "built in");
}

static int find_server(struct cli *cli)
{
    struct settings *s = &cli->settings;
    const char *said = cli_value(cli, "server"), *from = "--server";
    if (!said && (said = getenv("PRICEFORGE_SERVER")))
        from = "PRICEFORGE_SERVER";
    bool named = said && *said && !is_url(said);
    struct reading reading = {.settings = s, .wanted = named ? said : NULL};
    int rc = read_files(cli, &reading);
    if (rc != CLI_DONE)
        return rc;
    if (named && !reading.found)
        return say_error(CLI_USAGE, from, "'%s' is neither a server of client.conf nor http://, https:// or unix:/…",
                         said);
    if (said && *said && !named) {
        s->name[0] = s->token_from[0] = s->ca_file[0] = '\0';
        s->protect = false;
        set_url(s, said, from);
    } else if (s->url[0]) {
        char url[SETTING_BYTES];
        memcpy(url, s->url, sizeof url);
        set_url(s, url, "client.conf");
    } else {
        set_built_in(s);
    }
    return is_url(s->url) ? CLI_DONE
                          : say_error(CLI_USAGE, "url", "'%s' must begin with http://, https:// or unix:/", s->url);
}

/* ---- Token ------------------------------------------------------------------------------------------------------ */

static bool good_token(const char *token)
{
    return *token &&
           strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") == strlen(token);
}

static int read_token_file(struct settings *s, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return say_error(CLI_USAGE, path, "%s; priceforge token set makes it", strerror(error));
    }
    if (st.st_mode & 077) {
        close(fd);
        return say_error(CLI_USAGE, path, "others can read the token; run: chmod 600 '%s'", path);
    }
    ssize_t n = read(fd, s->token, sizeof s->token - 1);
    close(fd);
    s->token[n > 0 ? n : 0] = '\0';
    s->token[strcspn(s->token, "\r\n")] = '\0';
    if (!good_token(s->token))
        return say_error(CLI_USAGE, path, "has no token in its first line");
    return CLI_DONE;
}

static bool is_loopback(const char *url)
{
    const char *host = url + strlen("http://");
    size_t n = strcspn(host, ":/");
    return strncmp(host, "127.", 4) == 0 || (n == 9 && strncmp(host, "localhost", 9) == 0) ||
           strncmp(host, "[::1]", 5) == 0;
}

static int find_token(struct cli *cli)
{
    struct settings *s = &cli->settings;
    const char *file = cli_value(cli, "token-file"), *plain = getenv("PRICEFORGE_TOKEN");
    char own[SETTING_BYTES], name[96];
    if (!file)
        file = getenv("PRICEFORGE_TOKEN_FILE");
    if (!file && plain && *plain) {
        if ((size_t)snprintf(s->token, sizeof s->token, "%s", plain) >= sizeof s->token || !good_token(plain))
            return say_error(CLI_USAGE, "PRICEFORGE_TOKEN", "is not a token");
        snprintf(s->token_from, sizeof s->token_from, "PRICEFORGE_TOKEN");
    } else if (file || s->token_from[0]) {
        char path[SETTING_BYTES];
        snprintf(path, sizeof path, "%s", file ? file : s->token_from);
        snprintf(s->token_from, sizeof s->token_from, "%s", path);
        if (read_token_file(s, path) != CLI_DONE)
            return CLI_USAGE;
    } else {
        snprintf(name, sizeof name, "token%s%s", s->name[0] ? "-" : "", s->name);
        if (settings_path("XDG_CONFIG_HOME", ".config", name, own) && access(own, F_OK) == 0) {
            snprintf(s->token_from, sizeof s->token_from, "%s", own);
            if (read_token_file(s, own) != CLI_DONE)
                return CLI_USAGE;
        }
    }
    if (s->token[0] && strncmp(s->url, "http://", 7) == 0 && !is_loopback(s->url) && !s->insecure)
        return say_error(CLI_USAGE, s->url,
                         "the token would go over plain http to another machine; use https, or --insecure-http");
    return CLI_DONE;
}

int settings_read(struct cli *cli)
{
    cli->settings = (struct settings){.insecure = cli_has(cli, "insecure-http")};
    int rc = find_server(cli);
    return rc == CLI_DONE ? find_token(cli) : rc;
}

const char *settings_server(const struct settings *settings)
{
    return settings->name[0] ? settings->name : settings->url;
}

bool settings_is_unix(const struct settings *settings)
{
    return strncmp(settings->url, "unix:", 5) == 0;
}

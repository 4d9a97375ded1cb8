/* Loading the configuration: defaults, file, environment, overrides; then what only holds for all keys together. */
#include "daemon/config/config.h"

#include "base/token_file.h"
#include "daemon/config/table.h"
#include "daemon/http/hostname.h"
#include "daemon/http/proxies.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAULTS_SHOWN    20
/* sun_path holds 107 bytes; the longest name in the directory is "/worker-255.sock". */
#define RUNTIME_DIR_MAX 90
#define KEYS_MAX        64

extern char **environ;

/* One run of config_load(). */
struct load {
    struct config *config;
    unsigned faults;
    const char *file;
    FILE *stream;
    unsigned line;       /* of the file, counted by our reader: the library does not tell its handler */
    bool seen[KEYS_MAX]; /* keys met in this file */
};

static void __attribute__((format(printf, 3, 4))) fault(struct load *load, const char *where, const char *format, ...)
{
    char text[CONFIG_VALUE_MAX + CONFIG_WHY_MAX];
    va_list args;

    if (load->faults++ == FAULTS_SHOWN)
        fprintf(stderr, "priceforged: further faults are not shown\n");
    if (load->faults > FAULTS_SHOWN)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *s = text; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
    }
    fprintf(stderr, "priceforged: %s: %s\n", where, text);
}

static void unknown_key(struct load *load, const char *where, const char *section, const char *name)
{
    const struct config_key *guess = config_key_guess(section, name);

    if (guess)
        fault(load, where, "unknown key %s.%s; did you mean %s.%s?", section, name, guess->section, guess->name);
    else
        fault(load, where, "unknown key %s.%s; priceforged --dump-config lists all keys", section, name);
}

static void set_key(struct load *load, const char *where, const struct config_key *key, const char *value)
{
    char why[CONFIG_WHY_MAX];

    if (config_key_set(key, load->config, value, why) < 0)
        fault(load, where, "%s.%s = %s: %s", key->section, key->name, value, why);
}

/* ---- Defaults ---- */

/* NULL when the result is longer than a path may be. */
static char *join(const char *dir, const char *rest)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s%s", dir, rest) >= PATH_MAX)
        return NULL;
    char *made = strdup(path);
    if (!made)
        abort();
    return made;
}

static char *default_state_dir(void)
{
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (geteuid() == 0 || !getpwuid(geteuid()))
        return join("/var/lib/priceforge", "");
    if (base && base[0] == '/')
        return join(base, "/priceforge");
    if (!home || home[0] != '/')
        home = getpwuid(geteuid())->pw_dir;
    return join(home, "/.local/state/priceforge");
}

static void set_defaults(struct load *load)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    for (const struct config_key *key = config_keys; key->section; key++) {
        if (key->fallback)
            set_key(load, "built-in default", key, key->fallback);
    }
    load->config->workers = cpus < 1 ? 1 : cpus > 256 ? 256 : (unsigned)cpus;
}

/* ---- File ---- */

static void where_in_file(const struct load *load, char *out, size_t size)
{
    snprintf(out, size, "%s:%u", load->file, load->line);
}

static char *read_line(char *buffer, int size, void *ctx)
{
    struct load *load = ctx;
    char where[PATH_MAX + 16], *line = fgets(buffer, size, load->stream);

    if (!line)
        return NULL;
    load->line++;
    where_in_file(load, where, sizeof where);
    if (!strchr(line, '\n') && !feof(load->stream)) {
        if (line[0] != '#' && line[0] != ';') /* nobody needs the end of a comment */
            fault(load, where, "the line is longer than %d bytes", size - 2);
        for (int c = getc(load->stream); c != EOF && c != '\n'; c = getc(load->stream))
            continue;
        line[0] = '\0';
    } else if (isblank((unsigned char)line[0]) && line[1 + strspn(line + 1, " \t\r\n")] != '\0') {
        /* The library would take an indented line for a continuation of the value before. */
        memmove(line, line + strspn(line, " \t"), strlen(line + strspn(line, " \t")) + 1);
    }
    return line;
}

static int on_key(void *ctx, const char *section, const char *name, const char *value)
{
    struct load *load = ctx;
    char where[PATH_MAX + 16];
    const struct config_key *key = config_key_find(section, name);

    where_in_file(load, where, sizeof where);
    if (!key && section[0] == '\0') {
        fault(load, where, "%s stands before the first [section]", name);
    } else if (!key) {
        unknown_key(load, where, section, name);
    } else if (load->seen[key - config_keys]) {
        fault(load, where, "%s.%s is given twice", section, name);
    } else {
        load->seen[key - config_keys] = true;
        set_key(load, where, key, value);
    }
    return 1;
}

static void read_config_file(struct load *load, const char *file)
{
    char where[PATH_MAX + 16];

    load->file = file;
    load->stream = fopen(file, "re");
    struct stat st;
    if (!load->stream || fstat(fileno(load->stream), &st) < 0 || S_ISDIR(st.st_mode)) {
        fault(load, file, "cannot read the configuration file: %s",
              load->stream ? "it is a directory" : strerror(errno));
    } else {
        int bad = ini_parse_stream(read_line, load, on_key, load);
        if (bad > 0) {
            snprintf(where, sizeof where, "%s:%d", file, bad);
            fault(load, where, "not understood; lines are [section], key = value, or begin with # or ;");
        } else if (bad < 0 || ferror(load->stream)) {
            fault(load, file, "cannot read the configuration file: %s", strerror(errno));
        }
    }
    if (load->stream)
        fclose(load->stream);
    load->stream = NULL;
}

/* ---- Environment and overrides ---- */

/* PRICEFORGE_HTTP_LISTEN. Names that belong to no section (PRICEFORGE_URL of the client) are none of our business. */
static void read_environment_entry(struct load *load, const char *entry)
{
    char name[80], *section = name + strlen("PRICEFORGE_"), *key_name;
    const char *equals = strchr(entry, '=');

    if (!equals || (size_t)(equals - entry) >= sizeof name)
        return;
    snprintf(name, sizeof name, "%.*s", (int)(equals - entry), entry);
    key_name = strchr(section, '_');
    if (!key_name)
        return;
    *key_name++ = '\0';
    for (char *s = section; s < name + (equals - entry); s++)
        *s = (char)tolower((unsigned char)*s);
    if (!config_section_known(section))
        return;
    char where[100];
    snprintf(where, sizeof where, "environment %.*s", (int)(equals - entry), entry);
    const struct config_key *key = config_key_find(section, key_name);
    if (key)
        set_key(load, where, key, equals + 1);
    else
        unknown_key(load, where, section, key_name);
}

static void read_environment(struct load *load)
{
    for (char **entry = environ; *entry; entry++) {
        if (strncmp(*entry, "PRICEFORGE_", strlen("PRICEFORGE_")) == 0)
            read_environment_entry(load, *entry);
    }
}

static void read_override(struct load *load, const char *text)
{
    char section[40], name[40];
    int at = 0;

    if (sscanf(text, "%39[^.=].%39[^.=]=%n", section, name, &at) != 2 || at == 0) {
        fault(load, "-o", "%s: must be section.key=value", text);
        return;
    }
    const struct config_key *key = config_key_find(section, name);
    if (key)
        set_key(load, "-o", key, text + at);
    else
        unknown_key(load, "-o", section, name);
}

/* ---- All keys together ---- */

static void fill_paths(struct load *load)
{
    struct config *config = load->config;

    if (!config->state_dir)
        config->state_dir = default_state_dir();
    if (!config->state_dir) {
        fault(load, "configuration", "paths.state_dir: the home directory has too long a name; set it");
        return;
    }
    if (!config->runtime_dir)
        config->runtime_dir = join(config->state_dir, "/run");
    config->spool_dir = join(config->state_dir, "/spool");
    config->private_socket = config->runtime_dir ? join(config->runtime_dir, "/db.sock") : NULL;
    if (!config->private_socket || !config->spool_dir)
        fault(load, "configuration", "paths.state_dir: the path is too long");
    else if (strlen(config->runtime_dir) > RUNTIME_DIR_MAX)
        fault(
            load, "configuration",
            "paths.runtime_dir = %s: too long for the sockets in it (%zu bytes, at most %d); set a short one, such as "
            "/run/priceforge",
            config->runtime_dir, strlen(config->runtime_dir), RUNTIME_DIR_MAX);
}

static void check_database(struct load *load)
{
    struct config *config = load->config;

    assert(config->db_host && config->db_socket && config->db_user); /* texts have defaults */
    config->private_database = !config->db_host[0] && !config->db_socket[0] && !config->db_user[0];
    if (config->db_host[0] && config->db_socket[0])
        fault(load, "configuration", "database.host and database.socket are both given; keep one");
    if (config->db_host[0] && !config->db_user[0])
        fault(load, "configuration", "database.host needs database.user");
    if (config->db_user[0] && !config->db_host[0] && !config->db_socket[0])
        fault(load, "configuration", "database.user needs database.host or database.socket");
    if (config->private_database && config->db_password_file[0])
        fault(load, "configuration", "database.password_file is given, but neither database.host nor database.socket");
    if (config->db_name[strspn(config->db_name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ||
        strlen(config->db_name) > 64)
        fault(load, "configuration", "database.name = %s: must be at most 64 letters, digits and underscores",
              config->db_name);
}

/* A listener that the network reaches asks for credentials, or does not open. */
static void check_exposure(struct load *load)
{
    const struct config *config = load->config;
    char address[64];
    unsigned port;

    if (config->tokens_file[0] || !config->listen[0] ||
        config_split_listen(config->listen, address, sizeof address, &port) < 0 || config_loopback(address))
        return;
    fault(
        load, "configuration",
        "http.listen = %s: must be a loopback address, for no credentials are asked for. Set auth.tokens_file, or put "
        "nginx in front of 127.0.0.1:%u",
        config->listen, port);
}

static void check_proxies(struct load *load)
{
    struct proxies proxies;
    char bad[100];

    if (proxies_parse(load->config->trusted_proxies, &proxies, bad) != 0)
        fault(load, "configuration",
              "http.trusted_proxies: %s: must be unix, unix:USER with a known account, an address or a network", bad);
}

static void check_server_names(struct load *load)
{
    char bad[100];

    if (hostname_list_check(load->config->server_names, bad) != 0)
        fault(load, "configuration", "http.server_names: %s: must be a host name or an address, without a port", bad);
}

/* With a misspelt name the C library counts days in UTC without a word. Where there are no names at all it can do
 * nothing else, and the file is not at fault. */
static void check_zone(struct load *load)
{
    static const char zones[] = "/usr/share/zoneinfo";
    const char *zone = load->config->time_zone;
    char path[PATH_MAX];
    struct stat st;

    if (!zone[0] || access(zones, X_OK) != 0)
        return;
    int n = snprintf(path, sizeof path, "%s/%s", zones, zone);
    if (n < 0 || (size_t)n >= sizeof path || strstr(path, "..") || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        fault(load, "configuration", "pricing.time_zone = %s: must be a name of %s, such as Europe/Moscow", zone,
              zones);
}

static void check_tokens(struct load *load)
{
    struct tokens tokens;
    char why[200];

    if (!load->config->tokens_file[0])
        return;
    if (tokens_read(load->config->tokens_file, &tokens, NULL, why) != 0)
        fault(load, "configuration", "auth.tokens_file = %s: %s", load->config->tokens_file, why);
    tokens_fini(&tokens);
}

/* Returns NULL, or what is wrong with the file. */
static const char *password_file_fault(FILE *stream)
{
    struct stat st;

    if (!stream || fstat(fileno(stream), &st) < 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is not a regular file";
    if (st.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
        return "other accounts can read or change it; run: chmod 600 on it";
    return NULL;
}

/* First line of the file, without its end. */
static void read_password(struct load *load, const char *path)
{
    char line[1024] = "", buffer[1024];
    FILE *stream = fopen(path, "re");
    const char *wrong = password_file_fault(stream);

    if (stream) /* one that the library took from the heap would stay there unwiped */
        setvbuf(stream, buffer, _IOFBF, sizeof buffer);
    if (!wrong && fgets(line, sizeof line, stream)) {
        if (strlen(line) == sizeof line - 1)
            wrong = "its first line is too long for a password";
        line[strcspn(line, "\r\n")] = '\0';
    }
    if (!wrong && line[0] == '\0')
        wrong = "its first line is empty";
    if (wrong)
        fault(load, path, "the password file cannot be used: %s", wrong);
    else if (!(load->config->db_password = strdup(line)))
        abort();
    if (stream)
        fclose(stream);
    explicit_bzero(line, sizeof line);
    explicit_bzero(buffer, sizeof buffer);
}

static void find_password(struct load *load)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];

    if (load->config->private_database)
        return;
    if (load->config->db_password_file[0]) {
        read_password(load, load->config->db_password_file);
        return;
    }
    if (!dir)
        return;
    snprintf(path, sizeof path, "%s/db-password", dir);
    if (access(path, F_OK) == 0)
        read_password(load, path);
}

const char *config_file(const char *named, const char *by_default)
{
    if (named || !by_default)
        return named;
    /* One that is there and cannot be read is a fault, not a reason to run without it. */
    bool missing = access(by_default, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
    return missing ? NULL : by_default;
}

int config_load(const char *file, const char *const *overrides, unsigned n_overrides, struct config **out)
{
    struct load load = {.config = calloc(1, sizeof *load.config)};

    if (!load.config)
        abort();
    set_defaults(&load);
    if (file)
        read_config_file(&load, file);
    read_environment(&load);
    for (unsigned i = 0; i < n_overrides; i++)
        read_override(&load, overrides[i]);
    fill_paths(&load);
    check_database(&load);
    find_password(&load);
    check_exposure(&load);
    check_proxies(&load);
    check_server_names(&load);
    check_tokens(&load);
    check_zone(&load);
    if (load.faults > 0) {
        config_free(&load.config);
        return -1;
    }
    *out = load.config;
    return 0;
}

void config_forget_secrets(struct config *config)
{
    if (config->db_password)
        explicit_bzero(config->db_password, strlen(config->db_password));
}

void config_free(struct config **config)
{
    struct config *c = *config;

    if (!c)
        return;
    for (const struct config_key *key = config_keys; key->section; key++)
        config_key_clear(key, c);
    config_forget_secrets(c);
    free(c->db_password);
    free(c->spool_dir);
    free(c->private_socket);
    free(c);
    *config = NULL;
}

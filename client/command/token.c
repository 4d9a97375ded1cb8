/* priceforge token set: keeps the token of this user. */
#include "client/core/cli.h"

#include "client/core/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static const char *const examples[] = {"priceforge token set", "priceforge token set -s office < token.txt", NULL};

/* Without an echo on a terminal. */
static bool read_secret(char *buf, size_t size)
{
    struct termios before, quiet;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        fputs("token: ", stderr);
        fflush(stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    bool got = fgets(buf, (int)size, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    buf[got ? strcspn(buf, "\r\n") : 0] = '\0';
    return buf[0] != '\0';
}

static int run(struct cli *cli)
{
    char token[TOKEN_BYTES], path[SETTING_BYTES], name[96];
    const struct settings *s = &cli->settings;
    snprintf(name, sizeof name, "token%s%s", s->name[0] ? "-" : "", s->name);
    if (!settings_path("XDG_CONFIG_HOME", ".config", name, path))
        return say_error(CLI_FAILED, NULL, "there is no home directory to keep the token in");
    if (!read_secret(token, sizeof token))
        return say_error(CLI_USAGE, "token set", "no token was given");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && fchmod(fd, 0600) == 0 && dprintf(fd, "%s\n", token) > 0 && fsync(fd) == 0;
    int error = errno;
    explicit_bzero(token, sizeof token);
    if (fd >= 0)
        close(fd);
    if (!good)
        return say_error(CLI_FAILED, path, "%s", strerror(error));
    say_note("The token is in %s.", path);
    return CLI_DONE;
}

const struct cli_command command_token_set = {
    .name = "token set",
    .arguments = "",
    .summary = N_("Keep the API token for a server (asked for, or from standard input)."),
    .examples = examples,
    .run = run,
};

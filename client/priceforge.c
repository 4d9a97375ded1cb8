/* The command priceforge: the client of the daemon, and on the server the keeper of its tokens. */
#include "client/command/list.h"
#include "client/core/say.h"
#include "client/db.h"
#include "client/net/http.h"
#include "client/net/signals.h"
#include "client/show/screen.h"
#include "client/token.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char token_usage[] =
    "Usage: priceforge token add [-f FILE] [-s SCOPES] [-d DAYS] NAME\n"
    "       priceforge token list [-f FILE] [-u DIRECTORY]\n"
    "       priceforge token revoke [-f FILE] ID...\n"
    "       priceforge token set\n"
    "Keeps the file of API tokens that auth.tokens_file in priceforged.conf names. See priceforge(1).\n";

/* The commands that keep the token file of the server have options of their own. */
static bool keeps_tokens(int argc, char **argv)
{
    return argc >= 2 && strcmp(argv[1], "token") == 0 &&
           (argc == 2 || strcmp(argv[2], "add") == 0 || strcmp(argv[2], "list") == 0 || strcmp(argv[2], "revoke") == 0);
}

static bool asks_for_help(int argc, char **argv)
{
    return argc == 3 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
}

static int keep_tokens(int argc, char **argv)
{
    int code = argc >= 3 ? token_command(argc - 2, argv + 2) : TOKEN_USAGE;
    if (code == TOKEN_USAGE)
        fputs(token_usage, stderr);
    return code;
}

/* A word of a list as its number. Returns -1 after a message. */
static int choice(const char *what, const char *word, const char *const *known)
{
    for (int i = 0; word && known[i]; i++)
        if (strcmp(word, known[i]) == 0)
            return i;
    return word ? (say_error(CLI_USAGE, what, "'%s' is unknown", word), -1) : 0;
}

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a ? a : b && *b ? b : c && *c ? c : NULL;
}

static int set_screen(const struct cli *cli)
{
    static const char *const colors[] = {"auto", "always", "never", NULL}, *const ways[] = {"auto", "bar", "lines",
                                                                                            "off", NULL};
    int color = choice("--color", first_of(cli_value(cli, "color"), NULL, cli->settings.color), colors);
    int way = choice("--progress",
                     first_of(cli_value(cli, "progress"), getenv("PRICEFORGE_PROGRESS"), cli->settings.progress), ways);
    if (color < 0 || way < 0)
        return CLI_USAGE;
    struct screen_wishes wishes = {
        .color = (enum screen_color)color, .progress = (enum screen_progress)way, .ascii = cli_has(cli, "ascii")};
    if (say_quiet() || say_json() || say_jsonl())
        wishes.progress = PROGRESS_OFF;
    screen_init(&wishes);
    return CLI_DONE;
}

static void set_say(const struct cli *cli)
{
    struct say_wishes wishes = {.json = cli_has(cli, "json"),
                                .jsonl = cli_has(cli, "jsonl"),
                                .quiet = cli_has(cli, "quiet"),
                                .yes = cli_has(cli, "yes"),
                                .no_input = cli_has(cli, "no-input")};
    for (unsigned i = 0; i < cli->n_given; i++)
        wishes.verbose += strcmp(cli->given[i].option->name, "verbose") == 0;
    say_init(&wishes);
}

static int run(struct cli *cli)
{
    int rc = settings_read(cli);
    if (rc == CLI_DONE)
        rc = set_screen(cli);
    if (rc != CLI_DONE)
        return rc;
    signals_init();
    http_init(&cli->settings);
    rc = cli->command->run(cli);
    http_fini();
    explicit_bzero(cli->settings.token, sizeof cli->settings.token);
    if (rc == CLI_INTERRUPTED && signals_got())
        rc = 128 + signals_got();
    if ((fflush(stdout) != 0 || ferror(stdout)) && rc == CLI_DONE)
        rc = CLI_FAILED;
    return rc;
}

/* A reader that has gone away ends the command silently. */
static void end_silently(int number)
{
    (void)number;
    _Exit(CLI_DONE);
}

static bool has_word(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
}

/* What a wrong command line already needs: a program gets its document, in English; so does who can show nothing else. */
static void begin(int argc, char **argv)
{
    struct screen_wishes plain = {.progress = PROGRESS_OFF};
    struct say_wishes wishes = {.json = has_word(argc, argv, "--json"), .jsonl = has_word(argc, argv, "--jsonl")};
    tr_init(wishes.json || wishes.jsonl || has_word(argc, argv, "--ascii"));
    say_init(&wishes);
    screen_init(&plain);
}

int main(int argc, char **argv)
{
    struct cli cli;
    signal(SIGPIPE, end_silently);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("priceforge " PACKAGE_VERSION);
        return CLI_DONE;
    }
    if (keeps_tokens(argc, argv))
        return keep_tokens(argc, argv);
    if (argc >= 2 && strcmp(argv[1], "db") == 0 && !asks_for_help(argc, argv))
        return db_exec(argc - 2, (const char *const *)argv + 2);
    begin(argc, argv);
    int rc = cli_read(&cli, command_list, argc, argv);
    if (rc != CLI_DONE)
        return rc;
    if (cli.only_help || !cli.command) {
        cli_help(&cli, cli.command ? NULL : cli.n_args ? cli.args[0] : NULL);
        return CLI_DONE;
    }
    set_say(&cli);
    return run(&cli);
}

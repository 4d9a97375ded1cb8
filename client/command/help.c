/* priceforge help, open. */
#include "client/core/cli.h"

#include "client/core/say.h"
#include "client/net/ask.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- Help ------------------------------------------------------------------------------------------------------- */

static const char *const help_examples[] = {"priceforge help", "priceforge help import", "priceforge help api", NULL};

static const struct {
    const char *topic, *section, *page;
} pages[] = {{"priceforge", "1", "priceforge"},
             {"commands", "1", "priceforge"},
             {"cells", "1", "priceforge-cells"},
             {"configuration", "5", "priceforged.conf"},
             {"server", "8", "priceforged"},
             {"api", "7", "priceforge-api"},
             {"database", "8", "priceforge-admin"},
             {"priceforged", "8", "priceforged"},
             {"priceforged.conf", "5", "priceforged.conf"},
             {"priceforge-cells", "1", "priceforge-cells"},
             {"priceforge-api", "7", "priceforge-api"}};
#define PAGES (sizeof pages / sizeof pages[0])

static int open_page(const char *section, const char *page)
{
    signal(SIGPIPE, SIG_DFL);
    execlp("man", "man", section, page, (char *)NULL);
    return say_error(CLI_FAILED, "man", "%s", strerror(errno));
}

/* Is it a command, or the noun of some? */
static bool is_command(const struct cli *cli, const char *word)
{
    size_t n = strlen(word);
    for (const struct cli_command *const *c = cli->commands; *c; c++)
        if (strncmp((*c)->name, word, n) == 0 && ((*c)->name[n] == '\0' || (*c)->name[n] == ' '))
            return true;
    return false;
}

static int unknown_topic(const char *word)
{
    const char *known[PAGES + 1] = {NULL}, *near;
    for (size_t i = 0; i < PAGES; i++)
        known[i] = pages[i].topic;
    near = cli_nearest(word, known);
    return near ? say_error(CLI_USAGE, NULL, "unknown topic '%s'; did you mean '%s'?", word, near)
                : say_error(CLI_USAGE, NULL,
                            "unknown topic '%s'; a command, or: commands, cells, configuration, server, api", word);
}

static int run_help(struct cli *cli)
{
    char name[96];
    const char *word = cli->n_args ? cli->args[0] : NULL;
    snprintf(name, sizeof name, "%s%s%s", word ? word : "", cli->n_args > 1 ? " " : "",
             cli->n_args > 1 ? cli->args[1] : "");
    for (size_t i = 0; word && cli->n_args == 1 && i < PAGES; i++)
        if (strcmp(pages[i].topic, word) == 0)
            return open_page(pages[i].section, pages[i].page);
    if (word && !is_command(cli, name))
        return unknown_topic(name);
    for (const struct cli_command *const *c = cli->commands; word && *c; c++)
        if (strcmp((*c)->name, name) == 0) {
            cli->command = *c;
            cli_help(cli, NULL);
            return CLI_DONE;
        }
    cli->command = NULL;
    cli_help(cli, word);
    return CLI_DONE;
}

const struct cli_command command_help = {
    .name = "help",
    .arguments = "[COMMAND|TOPIC]",
    .summary = N_("How a command is used, or the manual page of a topic."),
    .examples = help_examples,
    .most = 2,
    .run = run_help,
};

/* ---- Open ------------------------------------------------------------------------------------------------------- */

static const struct cli_option open_options[] = {{'b', "browser", NULL, N_("start a browser with it"), NULL},
                                                 {0, NULL, NULL, NULL, NULL}};
static const char *const open_examples[] = {"priceforge open", "priceforge open -b -s office", NULL};

static int run_open(struct cli *cli)
{
    struct http_request request = {.method = "GET", .path = "/"};
    struct answer answer = {0};
    const char *url = cli->settings.url;
    if (settings_is_unix(&cli->settings))
        return say_error(CLI_USAGE, url, "a browser cannot open a socket; name the server by its http address: -s URL");
    int rc = http_ask(&request, &answer.reply);
    if (rc != 0)
        rc = say_error(CLI_AWAY, url, "%s", tr(answer.reply.error));
    else if (answer.reply.status != 200)
        rc = say_error(CLI_REFUSED, url, "this server has no console");
    answer_fini(&answer);
    if (rc != CLI_DONE)
        return rc;
    if (say_json())
        printf("{\"url\":\"%s/\"}\n", url);
    say("%s/", url);
    if (!cli_has(cli, "browser"))
        return CLI_DONE;
    fflush(stdout);
    execlp("xdg-open", "xdg-open", url, (char *)NULL);
    return say_error(CLI_FAILED, "xdg-open", "%s", strerror(errno));
}

const struct cli_command command_open = {
    .name = "open",
    .arguments = "",
    .summary = N_("The address of the server's console."),
    .examples = open_examples,
    .options = open_options,
    .run = run_open,
};

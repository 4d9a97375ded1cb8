/* priceforge completion, __complete: what the shell offers behind what is typed. The shells' scripts only call __complete,
 * so that the grammar has one home. No question, no message, 300 ms at most. */
#include "client/core/cli.h"

#include "client/core/say.h"
#include "client/net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 300

static const char bash_script[] = "_priceforge() {\n"
                                  "    local line\n"
                                  "    COMPREPLY=()\n"
                                  "    while IFS= read -r line; do COMPREPLY+=(\"${line%%$'\\t'*}\"); done < <(\n"
                                  "        priceforge __complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
                                  "}\n"
                                  "complete -o bashdefault -o default -F _priceforge priceforge\n";

static const char zsh_script[] =
    "#compdef priceforge\n"
    "_priceforge() {\n"
    "    local -a found\n"
    "    local line\n"
    "    while IFS= read -r line; do found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\"); done < <(\n"
    "        priceforge __complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
    "    if (( ${#found} )); then _describe priceforge found; else _files; fi\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _priceforge ]; then _priceforge \"$@\"; else compdef _priceforge priceforge; fi\n";

static const char *const examples[] = {"priceforge completion bash > ~/.priceforge-completion",
                                       "priceforge completion zsh > ~/.zfunc/_priceforge", NULL};

static int run_script(struct cli *cli)
{
    bool bash = strcmp(cli->args[0], "bash") == 0;
    if (!bash && strcmp(cli->args[0], "zsh") != 0)
        return say_error(CLI_USAGE, "completion", "'%s' must be bash or zsh", cli->args[0]);
    fputs(bash ? bash_script : zsh_script, stdout);
    return CLI_DONE;
}

const struct cli_command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh",
    .summary = N_("Print the script that makes the shell complete."),
    .examples = examples,
    .least = 1,
    .most = 1,
    .run = run_script,
};

/* ---- Candidates ------------------------------------------------------------------------------------------------- */

struct completing {
    struct cli *cli;
    const char *current; /* what is typed of the word */
};

static void offer(const struct completing *c, const char *word, const char *description)
{
    if (strncmp(word, c->current, strlen(c->current)) == 0)
        printf("%s\t%s\n", word, description);
}

static void offer_from_server(const struct completing *c, const char *kind)
{
    char path[256], *typed = http_escape(c->current);
    struct http_reply reply;
    snprintf(path, sizeof path, "/api/complete/%s?q=%.150s", kind, typed);
    struct http_request request = {.method = "GET", .path = path, .limit_ms = PATIENCE_MS};
    if (http_ask(&request, &reply) == 0 && reply.status == 200)
        fwrite(reply.body.data, 1, reply.body.len, stdout);
    http_reply_fini(&reply);
    free(typed);
}

/* Values of an option, or of the arguments of a command: words, or what the server knows. */
struct values {
    const char *name; /* of the option or the command */
    const char *kind; /* of /api/complete/{kind}, or NULL */
    const char *const *words;
};

static const char *const methods[] = {"weighted_avg", "average", "median", "min", "latest", NULL};
static const char *const sources[] = {"estimate", "warehouse", "competitor", NULL};
static const char *const tables[] = {"components", "part_numbers", "parties", "warehouses", "rates", "quotes", NULL};
static const char *const shells[] = {"bash", "zsh", NULL};
static const char *const checks[] = {"fail", "warn", "off", NULL};
static const char *const locales[] = {"ru", "en", NULL};
static const char *const kinds[] = {"supplier", "competitor", NULL};
static const char *const formats[] = {"csv", "xlsx", NULL};

static const struct values of_options[] = {
    {"warehouse", "warehouses", NULL},
    {"party", "parties", NULL},
    {"lot", "lots", NULL},
    {"lots", "lots", NULL},
    {"category", "categories", NULL},
    {"type", "types", NULL},
    {"run", "tasks", NULL},
    {"method", NULL, methods},
    {"source", NULL, sources},
    {"totals", NULL, checks},
    {"numbers", NULL, locales},
    {"kind", NULL, kinds},
    {"format", NULL, formats},
    {"lang", NULL, locales},
};
static const struct values of_commands[] = {
    {"watch", "tasks", NULL},
    {"cancel", "tasks", NULL},
    {"retry", "tasks", NULL},
    {"rejects", "tasks", NULL},
    {"log", "tasks", NULL},
    {"explain", "tasks", NULL},
    {"why", "lots", NULL},
    {"map", "lots", NULL},
    {"pricelist show", "pricelists", NULL},
    {"pricelist export", "pricelists", NULL},
    {"pricelist diff", "pricelists", NULL},
    {"pricelist archive", "pricelists", NULL},
    {"pricelist create", NULL, sources},
    {"catalog", NULL, tables},
    {"completion", NULL, shells},
};

static void offer_values(const struct completing *c, const struct values *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) != 0)
            continue;
        for (const char *const *word = list[i].words; word && *word; word++)
            offer(c, *word, "");
        if (list[i].kind)
            offer_from_server(c, list[i].kind);
    }
}

static void offer_options(const struct completing *c, const struct cli_option *list)
{
    char name[64];
    for (; list && list->name; list++) {
        snprintf(name, sizeof name, "--%s", list->name);
        offer(c, name, list->help);
    }
}

/* The next word of commands that begin with these words. */
static void offer_commands(const struct completing *c, const char *before)
{
    size_t n = strlen(before);
    for (const struct cli_command *const *command = c->cli->commands; *command; command++) {
        const char *name = (*command)->name;
        char word[64];
        if (name[0] == '_' || strncmp(name, before, n) != 0)
            continue;
        snprintf(word, sizeof word, "%.*s", (int)strcspn(name + n, " "), name + n);
        if (n == 0 && name[strlen(word)] == ' ')
            continue; /* the noun has its own row, or its verbs come next */
        offer(c, word, (*command)->summary);
    }
    if (n == 0) {
        offer(c, "held", "held prices");
        offer(c, "token", "API tokens");
    }
}

static int run_complete(struct cli *cli)
{
    struct cli typed;
    const char *words[CLI_ARGS_MAX + 2] = {"priceforge"};
    unsigned n = cli->n_args;
    struct completing c = {cli, n ? cli->args[n - 1] : ""};
    for (unsigned i = 0; i + 1 < n; i++)
        words[i + 1] = cli->args[i];
    const char *last = n > 1 ? cli->args[n - 2] : "";
    say_init(&(struct say_wishes){.mute = true});
    (void)cli_read(&typed, cli->commands, (int)(n ? n : 1), (char **)(uintptr_t)words);
    const struct cli_option *waits = cli_takes_value(&typed, last);
    if (waits) {
        offer_values(&c, of_options, sizeof of_options / sizeof of_options[0], waits->name);
    } else if (c.current[0] == '-') {
        offer_options(&c, typed.command ? typed.command->options : NULL);
        offer_options(&c, typed.command && typed.command->starts ? cli_start_options : NULL);
        offer_options(&c, cli_global_options);
    } else if (n <= 1) {
        offer_commands(&c, "");
    } else {
        char before[64];
        snprintf(before, sizeof before, "%.60s ", cli->args[0]);
        if (n == 2)
            offer_commands(&c, before);
        if (typed.command)
            offer_values(&c, of_commands, sizeof of_commands / sizeof of_commands[0], typed.command->name);
    }
    return CLI_DONE;
}

static const char *const hidden[] = {NULL};
const struct cli_command command_complete = {
    .name = "__complete",
    .arguments = "",
    .summary = N_("For the scripts of the shells."),
    .examples = hidden,
    .most = CLI_ARGS_MAX - 1,
    .run = run_complete,
};

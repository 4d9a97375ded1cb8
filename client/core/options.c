/* Command lines. */
#include "client/core/cli.h"

#include "client/core/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 64

const struct cli_option cli_global_options[] = {
    {'s', "server", "NAME|URL", N_("a server of client.conf, http(s)://…, or unix:/path"), NULL},
    {0, "token-file", "FILE", N_("the file with the API token"), NULL},
    {0, "config", "FILE", N_("another client.conf"), NULL},
    {'q', "quiet", NULL, N_("results and errors only"), NULL},
    {'v', "verbose", NULL, N_("show each request; twice: its head too"), NULL},
    {0, "json", NULL, N_("print one JSON document"), NULL},
    {0, "jsonl", NULL, N_("print events as lines of JSON"), NULL},
    {'y', "yes", NULL, N_("answer every question with yes"), NULL},
    {0, "no-input", NULL, N_("never ask: a question ends with exit code 7"), NULL},
    {0, "color", "WHEN", N_("auto, always or never"), NULL},
    {0, "ascii", NULL, N_("no signs beyond ASCII"), NULL},
    {0, "progress", "HOW", N_("auto, bar, lines or off"), NULL},
    {0, "insecure-http", NULL, N_("send a token over plain http to another machine"), NULL},
    {'h', "help", NULL, N_("show how a command is used"), NULL},
    {0, NULL, NULL, NULL, NULL},
};

const struct cli_option cli_start_options[] = {
    {0, "no-wait", NULL, N_("print the task's id and end"), NULL},
    {0, "timeout", "SECONDS", N_("wait no longer; the task goes on (exit code 6)"), NULL},
    {0, "retry-for", "SECONDS", N_("how long a start is tried again (60)"), NULL},
    {0, "strict", NULL, N_("exit code 5 if rows were rejected"), NULL},
    {0, "cancel-on-interrupt", NULL, N_("a signal cancels the task"), NULL},
    {0, "key", "KEY", N_("the Idempotency-Key of the start"), NULL},
    {0, "then", "COMMAND", N_("what starts when this succeeded, for example \"recalculate\""), NULL},
    {0, "set", "NAME=VALUE", N_("any parameter of the API by its own name"), NULL},
    {0, NULL, NULL, NULL, NULL},
};

/* ---- What was given --------------------------------------------------------------------------------------------- */

const char *cli_value(const struct cli *cli, const char *name)
{
    for (unsigned i = cli->n_given; i > 0; i--)
        if (strcmp(cli->given[i - 1].option->name, name) == 0)
            return cli->given[i - 1].value;
    return NULL;
}

bool cli_has(const struct cli *cli, const char *name)
{
    return cli_value(cli, name) != NULL;
}

int cli_number(const struct cli *cli, const char *name, long least, long most, long *out)
{
    const char *text = cli_value(cli, name);
    char *end;
    if (!text)
        return 0;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end || value < least || value > most)
        return say_error(CLI_USAGE, name, "'%s' must be a whole number from %ld to %ld", text, least, most);
    *out = value;
    return 0;
}

/* ---- Nearest words ---------------------------------------------------------------------------------------------- */

/* The number of letters that must be changed, added or left out; long words are never alike. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[NAME_BYTES];
    size_t n = strlen(a), m = strlen(b);
    if (n >= NAME_BYTES || m >= NAME_BYTES)
        return NAME_BYTES;
    for (unsigned j = 0; j <= m; j++)
        row[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned keep = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = keep < least ? keep : least;
        }
    }
    return row[m];
}

const char *cli_nearest(const char *word, const char *const *known)
{
    const char *found = NULL;
    unsigned least = (unsigned)strlen(word) / 2 + 1;
    if (least > 3)
        least = 3;
    for (; *known; known++) {
        unsigned own = distance(word, *known);
        if (own <= least) {
            least = own - (own > 0);
            found = *known;
        }
    }
    return found;
}

/* ---- Commands --------------------------------------------------------------------------------------------------- */

/* Does `name` begin with this word and a space? Then what follows is the verb of a noun. */
static const char *verb_of(const char *name, const char *word)
{
    size_t n = strlen(word);
    return strncmp(name, word, n) == 0 && name[n] == ' ' ? name + n + 1 : NULL;
}

static const struct cli_command *by_name(const struct cli *cli, const char *word, const char *verb)
{
    for (const struct cli_command *const *c = cli->commands; *c; c++) {
        const char *own = verb ? verb_of((*c)->name, word) : NULL;
        if (verb ? own && strcmp(own, verb) == 0 : strcmp((*c)->name, word) == 0)
            return *c;
    }
    return NULL;
}

static bool is_noun(const struct cli *cli, const char *word)
{
    for (const struct cli_command *const *c = cli->commands; *c; c++)
        if (verb_of((*c)->name, word))
            return true;
    return false;
}

static int unknown(const struct cli *cli, const char *noun, const char *word)
{
    const char *known[128];
    unsigned n = 0;
    for (const struct cli_command *const *c = cli->commands; *c && n + 1 < sizeof known / sizeof known[0]; c++)
        if (!noun || verb_of((*c)->name, noun))
            known[n++] = noun ? verb_of((*c)->name, noun) : (*c)->name;
    known[n] = NULL;
    const char *near = cli_nearest(word, known);
    if (near)
        return say_error(CLI_USAGE, NULL, "unknown command '%s%s%s'; did you mean '%s%s%s'?", noun ? noun : "",
                         noun ? " " : "", word, noun ? noun : "", noun ? " " : "", near);
    return say_error(CLI_USAGE, NULL, "unknown command '%s%s%s'; priceforge --help lists them", noun ? noun : "",
                     noun ? " " : "", word);
}

/* Takes the command off the arguments: one word, or a noun and its verb. A noun alone is its own command. */
static int find_command(struct cli *cli)
{
    unsigned used = 1;
    if (cli->n_args == 0)
        return cli->only_help ? CLI_DONE : say_error(CLI_USAGE, NULL, "no command; priceforge --help lists them");
    const char *word = cli->args[0], *verb = cli->n_args > 1 ? cli->args[1] : NULL;
    cli->command = verb ? by_name(cli, word, verb) : NULL;
    if (cli->command)
        used = 2;
    else
        cli->command = by_name(cli, word, NULL);
    if (!cli->command && is_noun(cli, word))
        return cli->only_help ? CLI_DONE : unknown(cli, word, verb ? verb : "");
    if (!cli->command)
        return unknown(cli, NULL, word);
    if (used == 1 && is_noun(cli, word) && verb && cli->command->most == 0)
        return unknown(cli, word, verb);
    cli->n_args -= used;
    memmove(cli->args, cli->args + used, cli->n_args * sizeof *cli->args);
    return CLI_DONE;
}

/* ---- Options ---------------------------------------------------------------------------------------------------- */

/* A word of the command line that waits until the command is known. */
struct raw {
    const char *text;
    const char *next; /* the word behind it, or NULL */
};

static const struct cli_option *in_list(const struct cli_option *list, char letter, const char *name, size_t n)
{
    for (; list && list->name; list++)
        if (letter ? list->letter == letter : strncmp(list->name, name, n) == 0 && list->name[n] == '\0')
            return list;
    return NULL;
}

static const struct cli_option *find_option(const struct cli *cli, char letter, const char *name, size_t n)
{
    const struct cli_option *found = in_list(cli_global_options, letter, name, n);
    if (!found && cli->command)
        found = in_list(cli->command->options, letter, name, n);
    if (!found && cli->command && cli->command->starts)
        found = in_list(cli_start_options, letter, name, n);
    return found;
}

static int give(struct cli *cli, const struct cli_option *option, const char *value)
{
    if (cli->n_given == CLI_OPTIONS_MAX)
        return say_error(CLI_USAGE, NULL, "too many options");
    cli->given[cli->n_given++] = (struct cli_given){option, value};
    cli->only_help |= strcmp(option->name, "help") == 0;
    return CLI_DONE;
}

static int unknown_option(const struct cli *cli, const char *name)
{
    const char *known[CLI_OPTIONS_MAX];
    const struct cli_option *lists[] = {cli_global_options, cli->command ? cli->command->options : NULL,
                                        cli->command && cli->command->starts ? cli_start_options : NULL};
    unsigned n = 0;
    for (size_t i = 0; i < 3; i++)
        for (const struct cli_option *o = lists[i]; o && o->name && n + 1 < CLI_OPTIONS_MAX; o++)
            known[n++] = o->name;
    known[n] = NULL;
    const char *near = cli_nearest(name, known);
    return near ? say_error(CLI_USAGE, NULL, "unknown option '--%s'; did you mean '--%s'?", name, near)
                : say_error(CLI_USAGE, NULL, "unknown option '--%s'", name);
}

/* "--name", "--name=value", "--name value". *used: the word behind it was its value. */
static int long_option(struct cli *cli, const struct raw *raw, bool *used)
{
    const char *name = raw->text + 2, *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const struct cli_option *option = find_option(cli, 0, name, n);
    char shown[NAME_BYTES];
    snprintf(shown, sizeof shown, "%.*s", (int)n, name);
    if (!option)
        return unknown_option(cli, shown);
    if (!option->value)
        return equals ? say_error(CLI_USAGE, shown, "takes no value") : give(cli, option, "");
    *used = !equals;
    if (!equals && !raw->next)
        return say_error(CLI_USAGE, shown, "needs a value: %s", option->value);
    return give(cli, option, equals ? equals + 1 : raw->next);
}

/* "-nq", "-wMAIN", "-w MAIN". */
static int short_options(struct cli *cli, const struct raw *raw, bool *used)
{
    for (const char *p = raw->text + 1; *p; p++) {
        const struct cli_option *option = find_option(cli, *p, NULL, 0);
        if (!option)
            return say_error(CLI_USAGE, NULL, "unknown option '-%c'", *p);
        if (!option->value) {
            if (give(cli, option, "") != CLI_DONE)
                return CLI_USAGE;
            continue;
        }
        *used = p[1] == '\0';
        if (*used && !raw->next)
            return say_error(CLI_USAGE, option->name, "needs a value: %s", option->value);
        return give(cli, option, p[1] ? p + 1 : raw->next);
    }
    return CLI_DONE;
}

/* An option of any command: which words are values must be known before the command is. */
static const struct cli_option *of_any_command(const struct cli *cli, char letter, const char *name)
{
    const struct cli_option *found = in_list(cli_global_options, letter, name, strlen(name));
    if (!found)
        found = in_list(cli_start_options, letter, name, strlen(name));
    for (const struct cli_command *const *c = cli->commands; !found && *c; c++)
        found = in_list((*c)->options, letter, name, strlen(name));
    return found;
}

/* "--name", "-w", "-nw"; not "--name=value", "-wMAIN". */
const struct cli_option *cli_takes_value(const struct cli *cli, const char *word)
{
    const struct cli_option *found = NULL;
    if (word[0] != '-')
        return NULL;
    if (word[1] == '-') {
        found = strchr(word, '=') ? NULL : of_any_command(cli, 0, word + 2);
        return found && found->value ? found : NULL;
    }
    for (const char *p = word + 1; *p; p++) {
        found = of_any_command(cli, *p, "");
        if (!found || found->value)
            return p[1] == '\0' ? found : NULL;
    }
    return NULL;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0;
}

/* Only the words that are no options and no values of options: the command, then its arguments. */
static int take_words(struct cli *cli, int argc, char **argv)
{
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!ended && is_option(argv[i])) {
            cli->only_help |= strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
            i += cli_takes_value(cli, argv[i]) != NULL;
        } else if (cli->n_args == CLI_ARGS_MAX) {
            return say_error(CLI_USAGE, NULL, "too many arguments");
        } else {
            cli->args[cli->n_args++] = argv[i];
        }
    }
    return find_command(cli);
}

static int take_options(struct cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        struct raw raw = {argv[i], i + 1 < argc ? argv[i + 1] : NULL};
        bool used = false;
        int rc = CLI_DONE;
        if (is_option(argv[i]))
            rc = argv[i][1] == '-' ? long_option(cli, &raw, &used) : short_options(cli, &raw, &used);
        if (rc != CLI_DONE)
            return rc;
        i += used;
    }
    return CLI_DONE;
}

int cli_read(struct cli *cli, const struct cli_command *const *commands, int argc, char **argv)
{
    *cli = (struct cli){.commands = commands};
    int rc = take_words(cli, argc, argv);
    if (rc == CLI_DONE)
        rc = take_options(cli, argc, argv);
    if (rc != CLI_DONE || cli->only_help || !cli->command)
        return rc;
    const struct cli_command *c = cli->command;
    if (cli->n_args < c->least)
        return say_error(CLI_USAGE, c->name, "needs %s; priceforge %s --help", c->arguments, c->name);
    if (cli->n_args > c->most)
        return say_error(CLI_USAGE, c->name, "'%s' is too much; priceforge %s --help", cli->args[c->most], c->name);
    return CLI_DONE;
}

/* What a command is, and what the command line said. One thread; one `struct cli` a process. */
#ifndef PF_CORE_CLI_H
#define PF_CORE_CLI_H

#include "client/core/settings.h"
#include "client/show/tr.h"

#include <stdbool.h>

/* Exit codes. Their meaning never changes. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,        /* the task ended as error, or something local failed */
    CLI_USAGE = 2,         /* wrong usage, bad configuration */
    CLI_REFUSED = 3,       /* by the server; nothing was started */
    CLI_AWAY = 4,          /* not reachable, or not able now */
    CLI_PART = 5,          /* --strict: done in part */
    CLI_TIMEOUT = 6,       /* --timeout; the task goes on */
    CLI_NOT_CONFIRMED = 7, /* "no", or nobody to ask */
    CLI_INTERRUPTED = 130, /* 128 + SIGINT */
};

#define CLI_OPTIONS_MAX 96
#define CLI_ARGS_MAX    64

/* An option; the last of a list has no name. */
struct cli_option {
    char letter;       /* 0 = none */
    const char *name;  /* "warehouse" for --warehouse */
    const char *value; /* what its value is, "CODE"; NULL = it has none */
    const char *help;  /* N_() */
    const char *param; /* the parameter of the API that it sets, or NULL */
};

struct cli;
struct params;

struct cli_command {
    const char *name;      /* "import", "pricelist create" */
    const char *arguments; /* "FILE…" */
    const char *summary;   /* N_(), one line */
    const char *const *examples;
    const struct cli_option *options;                      /* beside the global ones; NULL = none */
    unsigned char least, most;                             /* how many arguments */
    bool starts;                                           /* takes the options of commands that start tasks */
    int (*run)(struct cli *cli);                           /* returns an exit code */
    const char *follows;                                   /* the type of its task if --then may name it, or NULL */
    int (*params)(struct cli *cli, struct params *params); /* of that task; returns CLI_DONE or CLI_USAGE */
};

struct cli_given {
    const struct cli_option *option;
    const char *value; /* "" if the option has none */
};

struct cli {
    const struct cli_command *const *commands; /* NULL-terminated */
    const struct cli_command *command;
    struct cli_given given[CLI_OPTIONS_MAX];
    unsigned n_given;
    const char *args[CLI_ARGS_MAX];
    unsigned n_args;
    bool only_help;
    struct settings settings;
};

extern const struct cli_option cli_global_options[], cli_start_options[];

/* Reads a command line. Returns CLI_DONE, or CLI_USAGE after a message. */
int cli_read(struct cli *cli, const struct cli_command *const *commands, int argc, char **argv);

/* The value of an option as it was given last; NULL if it was not given. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);
/* A number from `least` to `most`. Returns 0, or CLI_USAGE after a message; *out stays as it is if it was not given. */
int cli_number(const struct cli *cli, const char *name, long least, long most, long *out);
/* The option that this word names if its value is the next word; NULL if it is not so. */
const struct cli_option *cli_takes_value(const struct cli *cli, const char *word);
/* The word of a list (`known` has its possible ones) that is most like a wrong one; NULL if none is like it. */
const char *cli_nearest(const char *word, const char *const *known);

/* --help: of a command, of a noun ("pricelist"), or of all if `name` is NULL. */
void cli_help(const struct cli *cli, const char *name);

#endif

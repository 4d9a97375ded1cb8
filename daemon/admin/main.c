/* priceforge-admin: what is done to the database itself, on the machine of the daemon. */
#include "daemon/admin/admin.h"

#include "base/log.h"
#include "daemon/process/spawn.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "Usage: priceforge db backup FILE|-\n"
                            "       priceforge db restore FILE [--replace]\n"
                            "       priceforge db move --to mysql://USER@HOST[:PORT]/NAME [--password-file FILE]\n"
                            "       priceforge db check\n"
                            "\n"
                            "  priceforge db backup /var/backups/prices.pfb\n"
                            "  priceforge db restore /var/backups/prices.pfb\n"
                            "  priceforge db check && echo in order\n"
                            "\n"
                            "  -c, --config=FILE         the daemon's configuration; without it\n"
                            "                            " PF_SYSCONFDIR "/priceforge/priceforged.conf\n"
                            "  -o, --option=SECTION.KEY=VALUE\n"
                            "                            set one key, as for priceforged\n"
                            "      --replace             restore, move: delete what is in the database (asks)\n"
                            "      --to=URL              move: mysql://USER@HOST[:PORT]/NAME, or\n"
                            "                            mysql://USER@localhost/NAME?socket=PATH\n"
                            "      --password-file=FILE  move: the password of that account\n"
                            "  -q, --quiet               errors only\n"
                            "  -h, --help\n"
                            "See priceforge-admin(8).\n";

enum { OPT_REPLACE = 256, OPT_TO, OPT_PASSWORD, OPT_VERSION };

static const struct option long_options[] = {{"config", required_argument, NULL, 'c'},
                                             {"option", required_argument, NULL, 'o'},
                                             {"replace", no_argument, NULL, OPT_REPLACE},
                                             {"to", required_argument, NULL, OPT_TO},
                                             {"password-file", required_argument, NULL, OPT_PASSWORD},
                                             {"quiet", no_argument, NULL, 'q'},
                                             {"version", no_argument, NULL, OPT_VERSION},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

static const struct verb {
    const char *name;
    int arguments;
    int (*run)(const struct admin *admin);
} verbs[] = {{"backup", 1, admin_backup},
             {"restore", 1, admin_restore},
             {"move", 0, admin_move},
             {"check", 0, admin_check},
             {NULL, 0, NULL}};

struct line {
    struct admin admin;
    const char **overrides;
    unsigned n_overrides;
    int done; /* an exit code, or -1 */
};

static void take_option(struct line *line, int option)
{
    switch (option) {
    case 'c':
        line->admin.config_file = optarg;
        break;
    case 'o':
        line->overrides[line->n_overrides++] = optarg;
        break;
    case OPT_REPLACE:
        line->admin.replace = true;
        break;
    case OPT_TO:
        line->admin.to = optarg;
        break;
    case OPT_PASSWORD:
        line->admin.password_file = optarg;
        break;
    case 'q':
        line->admin.quiet = true;
        break;
    case OPT_VERSION:
        puts("priceforge-admin " PACKAGE_VERSION);
        line->done = ADMIN_DONE;
        break;
    case 'h':
        fputs(usage, stdout);
        line->done = ADMIN_DONE;
        break;
    default:
        fputs("Try 'priceforge db --help'.\n", stderr);
        line->done = ADMIN_USAGE;
    }
}

static int wrong(const char *what, const char *word)
{
    fprintf(stderr, "priceforge: %s%s%s%s. Try 'priceforge db --help'.\n", what, word ? " '" : "", word ? word : "",
            word ? "'" : "");
    return ADMIN_USAGE;
}

/* "db" VERB [ARGUMENT] */
static const struct verb *find_verb(struct line *line, int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[0], "db") != 0) {
        line->done = wrong(argc > 0 && strcmp(argv[0], "db") != 0 ? "unknown command" : "db: say what to do",
                           argc > 0 && strcmp(argv[0], "db") != 0 ? argv[0] : NULL);
        return NULL;
    }
    for (const struct verb *verb = verbs; verb->name; verb++) {
        if (strcmp(verb->name, argv[1]) != 0)
            continue;
        line->admin.verb = verb->name;
        line->admin.argument = argc > 2 ? argv[2] : NULL;
        if (argc - 2 != verb->arguments)
            line->done =
                argc - 2 > verb->arguments ? wrong("too many arguments", NULL) : wrong("a FILE is missing", NULL);
        return verb;
    }
    line->done = wrong("unknown command db", argv[1]);
    return NULL;
}

static int run(struct line *line, const struct verb *verb)
{
    struct admin *admin = &line->admin;
    int code = ADMIN_USAGE;

    admin->overrides = line->overrides;
    admin->n_overrides = line->n_overrides;
    admin->config_file = config_file(admin->config_file, PF_SYSCONFDIR "/priceforge/priceforged.conf");
    if (config_load(admin->config_file, line->overrides, line->n_overrides, &admin->config) < 0)
        return ADMIN_USAGE;
    log_init(LOG_LEVEL_WARN, false);
    log_set_role("admin");
    signal(SIGPIPE, SIG_IGN);
    if (store_library_init() == 0)
        code = verb->run(admin);
    config_free(&admin->config);
    return code;
}

int main(int argc, char **argv)
{
    struct line line = {.done = -1, .overrides = calloc((size_t)argc + 1, sizeof *line.overrides)};
    int option;

    if (!line.overrides)
        abort();
    title_init(argc, argv);
    while (line.done < 0 && (option = getopt_long(argc, argv, "c:o:qh", long_options, NULL)) != -1)
        take_option(&line, option);
    const struct verb *verb = line.done < 0 ? find_verb(&line, argc - optind, argv + optind) : NULL;
    int code = line.done < 0 ? run(&line, verb) : line.done;
    free(line.overrides);
    return code;
}

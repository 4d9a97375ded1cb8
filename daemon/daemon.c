/* The daemon from its command line to its loop: options, and the order in which a start goes from harmless to
 * binding. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/auth/wipe.h"
#include "daemon/master/master.h"
#include "daemon/process/nodeid.h"
#include "daemon/process/notify.h"
#include "daemon/process/privilege.h"
#include "daemon/process/spawn.h"
#include "daemon/process/statedir.h"
#include "shm/lock.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2 /* in all programs */

/* What the command line asked for. */
struct options {
    const char *file;         /* NULL = default_file, if it is there */
    const char *default_file; /* NULL = none */
    const char **overrides;   /* as many as argc can hold */
    unsigned n_overrides;
    bool dump, check;
    int done; /* an exit code when there is nothing more to do, or -1 */
};

static const char usage[] =
    "Usage: priceforged [OPTION]...\n"
    "The price forge daemon. It stays in the foreground and prints one line when it is ready.\n"
    "\n"
    "  -c, --config=FILE         read the configuration from FILE; without it from\n"
    "                            %s, if that is there\n"
    "  -o, --option=SECTION.KEY=VALUE\n"
    "                            set one key; wins over file and environment; may be repeated\n"
    "  -t, --check-config        check the configuration and exit (0, or 78 with one line per fault)\n"
    "      --dump-config         print every key with its value and meaning, and exit\n"
    "      --version             print the version and exit\n"
    "  -h, --help                print this help and exit\n"
    "\n"
    "Keys can also be set in the environment: PRICEFORGE_HTTP_LISTEN=127.0.0.1:8087.\n"
    "SIGTERM stops in good order, a second one faster; SIGHUP reads the configuration again.\n"
    "Exit status: 0 stopped, 2 wrong usage, 75 out of resources, 78 configuration error (a restart would not help).\n";

enum { OPT_DUMP = 256, OPT_VERSION };

static const struct option long_options[] = {{"config", required_argument, NULL, 'c'},
                                             {"option", required_argument, NULL, 'o'},
                                             {"check-config", no_argument, NULL, 't'},
                                             {"dump-config", no_argument, NULL, OPT_DUMP},
                                             {"version", no_argument, NULL, OPT_VERSION},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};

static void take_option(struct options *options, int option)
{
    switch (option) {
    case 'c':
        options->file = optarg;
        break;
    case 'o':
        options->overrides[options->n_overrides++] = optarg;
        break;
    case 't':
        options->check = true;
        break;
    case OPT_DUMP:
        options->dump = true;
        break;
    case OPT_VERSION:
        puts(PACKAGE_NAME "d " PACKAGE_VERSION);
        options->done = EXIT_DONE;
        break;
    case 'h':
        printf(usage, options->default_file ? options->default_file : "no file");
        options->done = EXIT_DONE;
        break;
    default:
        fputs("Try 'priceforged --help'.\n", stderr);
        options->done = EXIT_USAGE;
    }
}

static void parse_options(struct options *options, int argc, char **argv)
{
    int option;

    optind = 1;
    while (options->done < 0 && (option = getopt_long(argc, argv, "c:o:th", long_options, NULL)) != -1)
        take_option(options, option);
    if (options->done < 0 && optind < argc) {
        fprintf(stderr, "priceforged: unknown argument '%s'. Try 'priceforged --help'.\n", argv[optind]);
        options->done = EXIT_USAGE;
    }
}

/* Descriptors 0, 1 and 2 must be taken: a socket that got one of the numbers would be written to by a stray message. */
static void open_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    if (fd > STDERR_FILENO)
        close(fd);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        dup2(fd, STDIN_FILENO);
        close(fd);
    }
}

/* libevent calls exit(1) behind our back otherwise. */
static void on_libevent_fatal(int error)
{
    log_error("libevent gave up (error %d)", error);
    log_flush();
    abort();
}

static void on_libevent_log(int severity, const char *text)
{
    log_write(severity >= EVENT_LOG_ERR    ? LOG_LEVEL_ERROR
              : severity == EVENT_LOG_WARN ? LOG_LEVEL_WARN
                                           : LOG_LEVEL_DEBUG,
              "libevent: %s", text);
}

static int probe_lock(void)
{
    if (shm_lock_probe() == 0)
        return 0;
    log_error("start: this system does not hand over a robust lock when its owner dies; the daemon cannot run here");
    return -1;
}

/* From harmless to binding: each step may refuse before the next one leaves a trace. */
static int prepare(struct master *m)
{
    if (privilege_drop(m->config) < 0 || statedir_open(m->config) < 0 ||
        nodeid_load(m->config->state_dir, m->node) < 0 || listeners_open(&m->listeners, m->config) < 0 ||
        probe_lock() < 0 || master_new_segment(m) < 0)
        return EXIT_CONFIG;
    return privatedb_init(&m->database, m->config, clock_mono_ms()) < 0 ? EXIT_CONFIG : EXIT_DONE;
}

static int serve(struct config *config, const struct options *options)
{
    /* Static: a child never frees it, and what only a live pointer on a lost stack frame named would look like a leak
     * there. */
    static struct master m;

    m = (struct master){.config = config,
                        .config_file = options->file,
                        .default_file = options->default_file,
                        .overrides = options->overrides,
                        .n_overrides = options->n_overrides,
                        .pid = getpid(),
                        .signal_fd = -1,
                        .alive_pipe = {-1, -1},
                        .listeners = {.tcp = -1},
                        .database = {.lock_fd = -1, .notify_fd = -1}};
    log_init((enum log_level)config->log_level, config->log_json);
    log_set_role("master");
    /* By name, libevent clears memory itself. Left alone it calls calloc(), which in glibc does not take from the
     * thread's cache that free() fills, so that every free goes the long way: 1 300 of 28 600 instructions a poll. */
    bool tokens = config->tokens_file[0] != '\0';
    event_set_mem_functions(malloc, tokens ? wipe_realloc : realloc, tokens ? wipe_free : free);
    event_set_fatal_callback(on_libevent_fatal);
    event_set_log_callback(on_libevent_log);
    notify_init();
    int code = prepare(&m);
    if (code == EXIT_DONE)
        code = master_run(&m);
    master_fini(&m);
    statedir_close();
    notify_fini();
    log_flush();
    return code;
}

/* The same file for a start, for -t and for --dump-config. */
static int run(const struct options *options)
{
    const char *file = config_file(options->file, options->default_file);
    const char *missing = options->default_file ? options->default_file : "default file";
    struct config *config;

    if (config_load(file, options->overrides, options->n_overrides, &config) < 0)
        return EXIT_CONFIG;
    if (!options->dump && !options->check)
        return serve(config, options);
    if (options->dump) {
        printf("# %s%s\n\n", file ? "Read from " : "No file was read: there is no ", file ? file : missing);
        fflush(stdout);
        config_dump(config, STDOUT_FILENO);
    } else {
        printf("The configuration is in order (%s%s).\n", file ? "" : "no file, there is no ", file ? file : missing);
    }
    config_free(&config);
    return EXIT_DONE;
}

int daemon_main(const char *default_file, int argc, char **argv)
{
    struct options options = {.default_file = default_file, .done = -1};

    title_init(argc, argv);
    options.overrides = calloc((size_t)argc + 1, sizeof *options.overrides);
    if (!options.overrides)
        abort();
    parse_options(&options, argc, argv);
    int code = options.done;
    if (code < 0) {
        open_standard_descriptors();
        code = run(&options);
    }
    free(options.overrides);
    return code;
}

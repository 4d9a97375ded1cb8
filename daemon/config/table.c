/* The configuration keys. */
#include "daemon/config/table.h"

#include "base/log.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct config, field)

static const struct config_choice start_status_choices[] = {{"200", 200}, {"202", 202}, {NULL, 0}};
static const struct config_choice yes_no_choices[] = {{"no", 0}, {"yes", 1}, {NULL, 0}};
static const struct config_choice level_choices[] = {{"error", LOG_LEVEL_ERROR},
                                                     {"warn", LOG_LEVEL_WARN},
                                                     {"info", LOG_LEVEL_INFO},
                                                     {"debug", LOG_LEVEL_DEBUG},
                                                     {NULL, 0}};
static const struct config_choice code_page_choices[] = {{"866", 866},   {"1250", 1250}, {"1251", 1251}, {"1252", 1252},
                                                         {"1253", 1253}, {"1254", 1254}, {"1257", 1257}, {NULL, 0}};
static const struct config_choice yes_choices[] = {{"no", 0}, {"yes", 1}, {NULL, 0}};
static const struct config_choice format_choices[] = {{"text", 0}, {"json", 1}, {NULL, 0}};

/* One line per key is easier to keep true than one per field. */
/* clang-format off */
const struct config_key config_keys[] = {
    {"paths", "state_dir", CONFIG_PATH, AT(state_dir), NULL, 0, 0, NULL, "", CONFIG_RESTART,
     "Directory for the built-in database, spooled uploads, the node's identity and the lock file. Default: /var/lib/priceforge, for an ordinary user ~/.local/state/priceforge."},
    {"paths", "runtime_dir", CONFIG_PATH, AT(runtime_dir), NULL, 0, 0, NULL, "", CONFIG_RESTART,
     "Directory for http-N.sock, worker-N.sock and db.sock; at most 90 bytes long. Default: run in the state directory."},

    {"daemon", "user", CONFIG_TEXT, AT(user), "priceforge", 0, 0, NULL, "", CONFIG_RESTART,
     "Account the daemon switches to when it is started as root."},
    {"daemon", "drain_s", CONFIG_NUMBER, AT(drain_s), "20", 1, 3600, NULL, "seconds", CONFIG_RELOAD,
     "How long SIGTERM waits for requests and tasks in progress before the processes are killed."},

    {"daemon", "debug", CONFIG_CHOICE, AT(debug), "no", 0, 0, yes_no_choices, "", CONFIG_RESTART,
     "Whether a debugger may look into the daemon's processes and the system may write a core of one that crashes. Both show uploads, prices and secrets."},

    {"http", "listen", CONFIG_LISTEN, AT(listen), "127.0.0.1:8087", 0, 0, NULL, "", CONFIG_RESTART,
     "ADDRESS:PORT of the TCP listener; an address that is not loopback needs auth.tokens_file. Port 0 takes a free one; empty for none (worker sockets alone)."},
    {"http", "workers", CONFIG_NUMBER, AT(workers), NULL, 1, 256, NULL, "processes", CONFIG_RESTART,
     "Number of HTTP worker processes. Default: the number of processors."},
    {"http", "sockets", CONFIG_NUMBER, AT(sockets), "32", 0, HTTP_SOCKETS_MAX, NULL, "sockets", CONFIG_RESTART,
     "Number of sockets http-N.sock in the runtime directory, dealt out to the workers. The nginx site names each of them, so that workers can be added without editing it."},
    {"http", "max_upload", CONFIG_SIZE, AT(max_upload), "64M", 1024, UINT64_C(1) << 40, NULL, "bytes", CONFIG_SUCCESSOR,
     "Largest request body that is accepted."},
    {"http", "start_status", CONFIG_CHOICE, AT(start_status), "202", 0, 0, start_status_choices, "", CONFIG_SUCCESSOR,
     "HTTP status that answers a request which started a task."},
    {"http", "max_connections", CONFIG_NUMBER, AT(max_connections), "16384", 16, 1000000, NULL, "per worker", CONFIG_SUCCESSOR,
     "Connections a worker holds open at once; more wait in the listen queue."},
    {"http", "idle_timeout_s", CONFIG_NUMBER, AT(idle_timeout_s), "75", 1, 3600, NULL, "seconds", CONFIG_SUCCESSOR,
     "An idle connection is closed after this time. Keep it above the keep-alive time of the proxy in front (nginx: 60)."},
    {"http", "head_timeout_s", CONFIG_NUMBER, AT(head_timeout_s), "10", 1, 600, NULL, "seconds", CONFIG_SUCCESSOR,
     "Time a client has to send the head of a request."},
    {"http", "body_min_rate", CONFIG_NUMBER, AT(body_min_rate), "4096", 0, 1000000000, NULL, "bytes per second", CONFIG_SUCCESSOR,
     "An upload has three times http.head_timeout_s and as long as its size takes at this rate; then, or when it brings less than a quarter of the rate for http.head_timeout_s, it is cut off. 0 never does."},
    {"http", "max_uploads", CONFIG_NUMBER, AT(max_uploads), "64", 1, 10000, NULL, "per worker", CONFIG_SUCCESSOR,
     "Uploads a worker receives at once; more are answered with 503, unless one that is slower than http.body_min_rate can be cut off for them."},
    {"http", "max_uploads_per_client", CONFIG_NUMBER, AT(max_uploads_client), "16", 0, 10000, NULL, "per worker", CONFIG_SUCCESSOR,
     "Uploads a worker receives at once from one client (a token, or an address); more are answered with 429. 0: as many as http.max_uploads."},
    {"http", "max_wait_s", CONFIG_NUMBER, AT(max_wait_s), "25", 0, 600, NULL, "seconds", CONFIG_SUCCESSOR,
     "Longest time a poll that asks to wait is held; 0 answers all at once. Keep it well below the proxy's read timeout (nginx: 60)."},
    {"http", "max_held", CONFIG_NUMBER, AT(max_held), "12288", 0, 1000000, NULL, "per worker", CONFIG_SUCCESSOR,
     "Polls a worker holds at once; more are answered without waiting."},

    {"http", "trusted_proxies", CONFIG_TEXT, AT(trusted_proxies), "unix", 0, 0, NULL, "", CONFIG_SUCCESSOR,
     "Who is believed when it names the client in X-Forwarded-For, separated by commas: unix (everybody who may open a worker's socket), unix:USER (that account alone), addresses, networks (10.0.0.0/8)."},

    {"http", "server_names", CONFIG_TEXT, AT(server_names), "", 0, 0, NULL, "", CONFIG_SUCCESSOR,
     "Names and addresses, separated by commas, under which the TCP listener may be asked for beside localhost, 127.0.0.1, [::1] and its own address, as long as no tokens are asked for; other names are answered with 421, so that no page of another site can reach this server by a name of its own. The workers' unix sockets take every name."},

    {"auth", "tokens_file", CONFIG_PATH, AT(tokens_file), "", 0, 0, NULL, "", CONFIG_RESTART,
     "File with the API tokens, kept by `priceforge token`. When set, every listener asks for a token, the workers' unix sockets too. Empty: nobody is asked, and only loopback addresses are listened on."},

    {"tasks", "runners", CONFIG_NUMBER, AT(runners), "2", 1, 64, NULL, "processes", CONFIG_RESTART,
     "Number of job runner processes: tasks that run at the same time."},
    {"tasks", "slots", CONFIG_NUMBER, AT(slots), "1024", 8, 1048576, NULL, "tasks", CONFIG_RESTART,
     "Tasks kept in shared memory, live and finished together (about 7 KiB each)."},
    {"tasks", "max_attempts", CONFIG_NUMBER, AT(max_attempts), "3", 1, 100, NULL, "", CONFIG_SUCCESSOR,
     "How often a task is started before it counts as failed. The death of its runner and a failure of its work count; an "
     "orderly stop does not, and locks or a database that is away are waited for within the attempt."},
    {"tasks", "retention_days", CONFIG_NUMBER, AT(retention_days), "30", 1, 36500, NULL, "days", CONFIG_SUCCESSOR,
     "How long finished tasks stay readable."},
    {"tasks", "undo_days", CONFIG_NUMBER, AT(undo_days), "30", 1, 36500, NULL, "days", CONFIG_SUCCESSOR,
     "How long an import can be undone: what it replaced is kept so long. Holds for imports from then on."},
    {"tasks", "cancel_statement_s", CONFIG_NUMBER, AT(cancel_statement_s), "5", 1, 3600, NULL, "seconds", CONFIG_SUCCESSOR,
     "A task that is cancelled or past its time limit has so long to stop by itself; then its running statement is stopped."},
    {"tasks", "cancel_kill_s", CONFIG_NUMBER, AT(cancel_kill_s), "10", 1, 3600, NULL, "seconds", CONFIG_SUCCESSOR,
     "If stopping the statement did not help for so long either, the task's runner is killed."},
    {"tasks", "start_within_s", CONFIG_NUMBER, AT(start_within_s), "86400", 0, 31536000, NULL, "seconds", CONFIG_SUCCESSOR,
     "A task that no runner could start within this time ends as an error (expired); 0 lets it wait for ever."},
    {"tasks", "max_waiting", CONFIG_NUMBER, AT(max_waiting), "0", 0, 1048576, NULL, "tasks", CONFIG_SUCCESSOR,
     "Tasks of one type that may wait for a runner; a further start is answered with 503. 0: seven eighths of tasks.slots, so that no type can shut out the others."},
    {"tasks", "max_waiting_per_client", CONFIG_NUMBER, AT(max_waiting_client), "0", 0, 1048576, NULL, "tasks", CONFIG_SUCCESSOR,
     "Tasks of one client that may wait for a runner; 0 for no limit."},

    {"spool", "keep_failed", CONFIG_NUMBER, AT(keep_failed_s), "0", 0, 31536000, NULL, "seconds", CONFIG_SUCCESSOR,
     "How long the file of an import that did not succeed is kept, so that the task can be retried without a new upload; at least keep_preview."},
    {"spool", "keep_preview", CONFIG_NUMBER, AT(keep_preview_s), "1800", 0, 31536000, NULL, "seconds", CONFIG_SUCCESSOR,
     "How long the file of a dry run, or of an import that did not succeed, is kept to be imported by from_task or retry; 0 keeps none of dry runs."},
    {"spool", "keep_size", CONFIG_SIZE, AT(keep_size), "2G", 0, INT64_MAX, NULL, "bytes", CONFIG_SUCCESSOR,
     "If the files in the spool have more bytes together, those that are kept for another import are deleted early, the oldest first; 0 for no limit."},

    {"database", "host", CONFIG_TEXT, AT(db_host), "", 0, 0, NULL, "", CONFIG_RESTART,
     "MariaDB server by TCP. With host, socket and user all empty the daemon runs a database of its own."},
    {"database", "socket", CONFIG_PATH, AT(db_socket), "", 0, 0, NULL, "", CONFIG_RESTART,
     "MariaDB server by unix socket; used instead of host."},
    {"database", "port", CONFIG_NUMBER, AT(db_port), "3306", 1, 65535, NULL, "", CONFIG_RESTART,
     "TCP port of the MariaDB server."},
    {"database", "user", CONFIG_TEXT, AT(db_user), "", 0, 0, NULL, "", CONFIG_RESTART,
     "Account in the database. Empty: the daemon's own account, by the server's unix_socket login."},
    {"database", "password_file", CONFIG_PATH, AT(db_password_file), "", 0, 0, NULL, "", CONFIG_RESTART,
     "File whose first line is the password; other accounts must not be able to read it. Empty: the systemd credential db-password if there is one."},
    {"database", "name", CONFIG_TEXT, AT(db_name), "priceforge", 0, 0, NULL, "", CONFIG_RESTART,
     "Name of the database."},
    {"database", "tls_ca", CONFIG_PATH, AT(db_tls_ca), "", 0, 0, NULL, "", CONFIG_RESTART,
     "File with the certificate authority; when set the connection is encrypted and the server's certificate checked."},
    {"database", "require_durable", CONFIG_CHOICE, AT(db_require_durable), "no", 0, 0, yes_choices, "", CONFIG_RESTART,
     "Refuse to start on a server whose settings let a power cut lose accepted tasks (innodb_flush_log_at_trx_commit other than 1, innodb_flush_method = nosync, doublewrite off). With no they are warned of."},
    {"database", "pool", CONFIG_SIZE, AT(db_pool), "64M", UINT64_C(5) << 20, UINT64_C(1) << 40, NULL, "bytes", CONFIG_RESTART,
     "Buffer pool of the built-in database."},

    {"pricing", "base_currency", CONFIG_CURRENCY, AT(base_currency), "RUB", 0, 0, NULL, "", CONFIG_SUCCESSOR,
     "Currency of prices, as three letters."},
    {"pricing", "default_vat_rate", CONFIG_PERCENT, AT(default_vat_rate), "22", 0, 0, NULL, "percent", CONFIG_SUCCESSOR,
     "Value added tax where a document names none."},
    {"pricing", "time_zone", CONFIG_TEXT, AT(time_zone), "Europe/Moscow", 0, 0, NULL, "", CONFIG_SUCCESSOR,
     "Time zone in which a day begins and ends."},
    {"pricing", "rate_max_age_days", CONFIG_NUMBER, AT(rate_max_age_days), "14", 1, 3650, NULL, "days", CONFIG_SUCCESSOR,
     "Oldest exchange rate that is still used."},
    {"pricing", "quote_history_days", CONFIG_NUMBER, AT(quote_history_days), "400", 1, 36500, NULL, "days", CONFIG_SUCCESSOR,
     "Quotes older than this do not enter a price."},
    {"pricing", "max_rows", CONFIG_NUMBER, AT(max_rows), "500000", 1, 100000000, NULL, "rows", CONFIG_SUCCESSOR,
     "Largest number of rows taken from one file."},
    {"pricing", "mxl_code_page", CONFIG_CHOICE, AT(mxl_code_page), "1251", 0, 0, code_page_choices, "", CONFIG_SUCCESSOR,
     "Code page of reports of 1C 7.7 (.mxl), which do not name it."},

    {"log", "level", CONFIG_CHOICE, AT(log_level), "info", 0, 0, level_choices, "", CONFIG_RELOAD,
     "Least important lines that are written."},
    {"log", "format", CONFIG_CHOICE, AT(log_json), "text", 0, 0, format_choices, "", CONFIG_RELOAD,
     "Lines for people (with the journal's priorities) or one JSON object per line."},
    {"log", "access", CONFIG_CHOICE, AT(log_access), "no", 0, 0, yes_no_choices, "", CONFIG_SUCCESSOR,
     "Whether each answered request gets a line of level info with method, path (without the query), status, bytes, client, request and duration. A poll costs a worker half as much again."},
    {NULL, NULL, CONFIG_TEXT, 0, NULL, 0, 0, NULL, NULL, CONFIG_RESTART, NULL},
};
/* clang-format on */

const struct config_key *config_key_find(const char *section, const char *name)
{
    for (const struct config_key *key = config_keys; key->section; key++) {
        if (strcmp(key->section, section) == 0 && strcmp(key->name, name) == 0)
            return key;
    }
    return NULL;
}

bool config_section_known(const char *section)
{
    for (const struct config_key *key = config_keys; key->section; key++) {
        if (strcmp(key->section, section) == 0)
            return true;
    }
    return false;
}

#define GUESS_MAX 32

/* Levenshtein's distance with two rows; a name longer than GUESS_MAX is not taken for a misspelt one. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[GUESS_MAX + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > GUESS_MAX || m > GUESS_MAX)
        return GUESS_MAX;
    for (unsigned j = 0; j <= m; j++)
        row[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
        }
    }
    return row[m];
}

const struct config_key *config_key_guess(const char *section, const char *name)
{
    const struct config_key *best = NULL;
    unsigned best_distance = 4; /* farther than three letters is another word */

    for (const struct config_key *key = config_keys; key->section; key++) {
        unsigned distance = edit_distance(section, key->section) + edit_distance(name, key->name);
        if (distance < best_distance) {
            best = key;
            best_distance = distance;
        }
    }
    return best;
}

/* Configuration: one table of {section, name, type, default, unit, reloadable, help} in table.c gives the parser,
 * --dump-config, the manual page's list and the error messages.
 *
 * Order: built-in defaults, then the INI file (-c FILE, or the default file), then the environment (PRICEFORGE_SECTION_KEY), then -o
 * section.key=value. An unknown key or a bad value stops the start with file, line, the value and what would be right
 * (exit 78). The keys themselves stand in table.c. */
#ifndef PF_CONFIG_CONFIG_H
#define PF_CONFIG_CONFIG_H

#include "handlers/job.h"
#include "store/conn.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_SOCKETS_MAX 64 /* http.sockets */

struct config {
    /* [paths] */
    char *state_dir;   /* private database, spool, node id, lock file */
    char *runtime_dir; /* worker-N.sock, db.sock */
    char *spool_dir;   /* derived: state_dir/spool */
    /* [daemon] */
    char *user;       /* switched to when started as root */
    int debug;        /* debuggers and cores are allowed; 0 */
    unsigned drain_s; /* limit for SIGTERM; default 20 */
    /* [http] */
    char *listen;                /* ADDRESS:PORT or "" */
    unsigned workers;            /* default: CPUs online */
    unsigned sockets;            /* http-N.sock for a proxy, dealt out to the workers; 32 */
    uint64_t max_upload;         /* bytes, 64 MiB */
    unsigned start_status;       /* 202 or 200 */
    unsigned max_connections;    /* per worker, 16384 */
    unsigned idle_timeout_s;     /* 75: above nginx's 60 */
    unsigned head_timeout_s;     /* 10 */
    unsigned body_min_rate;      /* bytes per second below which an upload is cut off; 4096 */
    char *trusted_proxies;       /* may say for whom they speak; daemon/http/proxies.h */
    char *server_names;          /* further names in Host without tokens; daemon/http/hostname.h */
    unsigned max_uploads;        /* per worker at once; 64 */
    unsigned max_uploads_client; /* of those, from one client; 16 */
    unsigned max_wait_s;         /* longest wait of a held poll; 25, 0 = none is held */
    unsigned max_held;           /* per worker at once; 12288 */
    /* [auth] */
    char *tokens_file; /* "" = no credentials are asked for */
    /* [tasks] */
    unsigned runners, slots, max_attempts;      /* 2, 1024, 3 */
    unsigned retention_days, undo_days;         /* 30, 30 */
    unsigned cancel_statement_s, cancel_kill_s; /* 5, 10 */
    unsigned start_within_s;                    /* 86400; 0 = no limit */
    unsigned max_waiting, max_waiting_client;   /* per type, per client; 0 = see table.c */
    unsigned keep_failed_s;                     /* 0 */
    unsigned keep_preview_s;                    /* 1800 */
    uint64_t keep_size;                         /* 2 GiB; 0 = no limit */
    /* [database] */
    bool private_database; /* derived: no host, socket or user was given */
    char *private_socket;  /* derived: runtime_dir/db.sock */
    char *db_host, *db_socket, *db_user, *db_password_file, *db_name, *db_tls_ca;
    unsigned db_port;
    int db_require_durable; /* 1: refuse a server that may lose acknowledged commits */
    uint64_t db_pool;       /* private database: buffer pool bytes, 64 MiB */
    char *db_password;      /* read from the file; wiped from dumps */
    /* [pricing] */
    char *base_currency, *default_vat_rate, *time_zone;
    unsigned rate_max_age_days, quote_history_days;
    uint32_t max_rows;
    int mxl_code_page;
    /* [log] */
    int log_level; /* enum log_level */
    bool log_json;
    int log_access;
};

/* The file to read: the one that the command line names, else the default one if it is there, else NULL. Both may be
 * NULL. */
const char *config_file(const char *named, const char *by_default);
/* Read everything. Returns 0 and *out, or -1 after writing one clear message per fault to standard error (exit 78). */
int config_load(const char *file, const char *const *overrides, unsigned n_overrides, struct config **out);
void config_free(struct config **config);
/* Wipes the password of the database: for processes that do not talk to it. */
void config_forget_secrets(struct config *config);
/* Every key with its value, default and help, as an INI file that can be read back; secrets are left out. */
void config_dump(const struct config *config, int fd);

/* What differs between two configurations, one call per key; for the reload report. */
typedef void (*config_change_fn)(const char *name, const char *before, const char *after, bool needs_restart,
                                 void *ctx);
void config_compare(const struct config *before, const struct config *after, config_change_fn fn, void *ctx);

/* Give `next` the values of `running` for every key that needs a restart, secrets and derived fields included. */
void config_keep_fixed(const struct config *running, struct config *next);

/* Views for the layers below; borrowed from the configuration. */
struct store_config config_store(const struct config *config, unsigned read_timeout_s, unsigned statement_timeout_s);
struct job_settings config_job_settings(const struct config *config);

#endif

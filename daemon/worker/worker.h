/* An HTTP worker: one event loop with the HTTP server, the database thread, the file thread and its wake-ups. */
#ifndef PF_WORKER_WORKER_H
#define PF_WORKER_WORKER_H

#include "daemon/http/http.h"
#include "daemon/process/process.h"
#include "daemon/worker/filethread.h"
#include "store/dbthread.h"

struct auth;
struct longpoll;
struct textcache;

struct worker {
    const struct process *process;
    struct event_base *base;
    struct http_server *http;
    struct dbthread *db;      /* accepting tasks and reading the journal: short statements only */
    struct dbthread *reads;   /* pages of prices, stock and lists, and small changes of them */
    struct dbthread *exports; /* what may take seconds: whole lists as files */
    struct store_config db_config, reads_config;
    struct filethread *files;
    int spool_fd;               /* the spool directory */
    struct auth *auth;          /* the tokens, or NULL */
    struct longpoll *longpolls; /* polls that wait */
    struct textcache *texts;    /* long final representations */
    const char *retry_after;    /* seconds, for the answer to a poll of a running task: more while the loop is late */
    bool draining;
    uint64_t pauses_told, reconnects_told; /* of http and db, by worker_publish() */
};

/* Bring this worker's numbers for /metrics up to date; done by the loop several times a second. */
void worker_publish(struct worker *worker);

/* The route table of every worker. */
extern const struct http_route worker_routes[];

#endif

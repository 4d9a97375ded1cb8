/* Answers that need the database: the statements run on a database thread, the reply leaves from the loop.
 *
 * A resource checks its request on the loop, then calls db_answer_from() with a function that fills a struct db_answer on the
 * thread. Long answers go into an unnamed file of the spool directory and leave by sendfile: memory stays flat, the
 * length is known, and a slow client holds no connection to the database. */
#ifndef PF_WORKER_DB_ANSWER_H
#define PF_WORKER_DB_ANSWER_H

#include "base/json.h"
#include "base/log.h"
#include "daemon/auth/identity.h"
#include "daemon/worker/worker.h"

struct db_answer;
/* On the loop, before the reply: may let the request wait for something that has not happened yet (longpoll.h). Then it
 * returns true, and what the answer says is dropped. Not called when the client has left. */
typedef bool (*db_answer_longpoll)(struct http_request *request, struct db_answer *answer);

struct db_answer {
    /* For the work to read. */
    void *arg;                     /* what db_answer_from() was given */
    const char *if_none_match;     /* the client's header, or NULL; lives as long as the answer */
    const struct process *process; /* configuration, node */
    int spool_dir_fd;
    /* For the work to fill in; what is sent is the first of problem, file, text, JSON. */
    int status;                  /* of a JSON or file answer: 200 unless changed; 304 and 204 send no body */
    const char *problem;         /* slug, or NULL */
    char detail[200];            /* of the problem; "" = its usual text */
    struct param_faults *faults; /* of the problem; NULL = none. Heap, freed with the answer */
    int file_fd;                 /* whole file, or -1; closed with the answer. Make it by db_answer_file() */
    uint64_t file_len;
    char *text; /* whole body, or NULL; heap, freed with the answer. Not terminated */
    size_t text_len;
    char log_offset[24];         /* Log-Offset; "" = none */
    const char *type;            /* media type; application/json unless changed */
    const char *cache;           /* Cache-Control; "no-store" unless changed */
    char etag[160];              /* with its quotes; "" = none */
    char disposition[256];       /* Content-Disposition; "" = none */
    char link[1024];             /* Link; "" = none */
    unsigned applied_s;          /* Preference-Applied: wait; 0 = none */
    bool vary;                   /* Vary: Prefer */
    db_answer_longpoll longpoll; /* or NULL */
    struct json_out json;        /* one JSON value; a line feed is added */
    char client[IDENTITY_MAX];   /* who asks */
    struct db_call call;         /* internal */
    struct http_request *req;    /* internal */
    void (*free_arg)(void *);    /* internal */
};

/* On the database thread. Returns 0 with the answer filled in (a problem is an answer too), or -1 with conn->error: the
 * client gets 503 database-unavailable, or 500 when the error is ours. Called once more, with the answer as new, when
 * the connection was lost (STORE_GONE) before anything was committed. Several reads that must agree go into one
 * store_begin_snapshot(); what is left open is rolled back. */
typedef int (*db_answer_work)(struct store_conn *conn, struct db_answer *answer);

/* Run `work` on `thread` (worker->reads or worker->exports) and reply. Takes over `arg`, freed by `free_arg` (may be
 * NULL). Replies by itself when the thread's queue is full. */
void db_answer_from(struct http_request *request, struct dbthread *thread, db_answer_work work, void *arg,
                    void (*free_arg)(void *));

/* For the resource: the query's parameters, checked and canonical; NULL after answering with every fault. */
yajl_val db_answer_params(struct http_request *request, const struct param_spec *specs);
/* For the resource: how many seconds the client wishes to wait, at most http.max_wait_s. The canonical parameter `wait`
 * goes before the header Prefer. */
unsigned db_answer_wait(struct http_request *request, yajl_val params);

/* For the work: keep the tag for the reply. Returns true if the client has it (weak comparison, RFC 9110 section 13.1.2):
 * the answer is a 304 then, and the work is done. */
bool db_answer_not_modified(struct db_answer *answer, const char *etag);
/* The strong tag of a JSON text. Returns tag. */
#define DB_ANSWER_TAG (2 + 2 * 16 + 1)
const char *db_answer_tag_of(const char *text, size_t len, char tag[DB_ANSWER_TAG]);
/* For the work, when the JSON is whole: make its tag from its text, and a 304 of it if the client has this text. */
void db_answer_tag_json(struct db_answer *answer);
/* For a line of the log, from the work too; borrowed from the answer. */
struct log_about db_answer_about(const struct db_answer *answer);
/* For the work: make the answer a problem. `format` NULL = its usual text. Returns 0. */
/* 503 with the class of the error in words. */
void db_answer_unavailable(struct http_request *request, const struct store_error *error);
int db_answer_problem(struct db_answer *answer, const char *slug, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* For the work: refuse the request with these faults (copied). Returns 0. */
int db_answer_refuse(struct db_answer *answer, const struct param_faults *faults);
/* For the work: an unnamed file for a long body. Returns its descriptor (answer->file_fd), or -errno after making the
 * answer a problem. Set file_len when it is written. */
int db_answer_file(struct db_answer *answer);

#endif

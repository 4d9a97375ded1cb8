/* An uploaded file on its arrival: what must be known of it is found out here, once, in one visit to the file thread.
 *
 * The visit checks Content-Digest, finds the file in a multipart form, tells its format by its content, checks the
 * parameters and hashes the file if an Idempotency-Key asks for it. What it found travels on in the journal's row
 * (struct journal_file), so that neither runner nor parser finds it out again. */
#ifndef PF_ACCEPT_UPLOAD_H
#define PF_ACCEPT_UPLOAD_H

#include "daemon/accept/follow.h"
#include "daemon/accept/multipart.h"
#include "daemon/http/http.h"
#include "handlers/task_type.h"
#include "store/journal.h"

/* What `from_task` names. All but the first is a fault, told beside those of the parameters. */
enum upload_origin { ORIGIN_HAS_FILE, ORIGIN_NO_ID, ORIGIN_UNKNOWN, ORIGIN_WITHOUT_FILE };

struct upload {
    /* What the request says. */
    const struct http_request *request;
    const struct task_type *type;
    struct param_raw fixed;    /* a parameter that the path gives; name NULL = none */
    bool wants_hash;           /* there is an Idempotency-Key */
    bool has_digest;           /* there is a Content-Digest */
    uint8_t digest[32];        /* its SHA-256, of the whole body as it came */
    const char *fallback_name; /* the query's `filename`, or NULL */
    /* The kept file of an earlier task in place of one that is sent: */
    bool from_task;
    store_uuid origin;
    int spool_dir_fd;
    bool compare_only; /* set before the visit: the file itself is not looked at, it may be gone */
    enum upload_origin origin_is;
    /* What the visit found. */
    bool examined;
    struct multipart form;
    struct journal_file file;
    char *params;           /* canonical JSON, heap; whoever takes it sets NULL */
    bool names_profile;     /* `params` are only what the request says: a profile has the rest */
    struct follow_ups then; /* likewise */
    int fd;                 /* of the file: the request's, or opened from the spool; -1 = none */
    const char *problem;    /* slug of what is wrong with the upload; NULL = nothing */
    char detail[240];       /* of the problem; "" = its usual text */
};

/* From the request's headers and path. `name`, `value`: a parameter that the path gives, or NULL. Returns NULL after
 * answering that Content-Digest is wrong. */
struct upload *upload_new(struct http_request *request, const struct task_type *type, const char *name,
                          const char *value);
void upload_free(struct upload *upload);
/* The file is that of a task that is over: `file` says what is known of it (copied). */
void upload_take_kept(struct upload *upload, const store_uuid origin, const struct journal_file *file,
                      int spool_dir_fd);

/* The visit. File thread. Returns true when the upload is sound; false with `problem`, `detail` and faults. */
bool upload_examine(struct upload *upload, struct param_faults *faults);

#endif

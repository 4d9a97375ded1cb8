/* Parameters of imports that are saved under a name. Any thread with a connection. */
#ifndef PF_PROFILES_PROFILES_H
#define PF_PROFILES_PROFILES_H

#include "handlers/read/page.h"
#include "handlers/task_type.h"
#include "store/conn.h"

#define PROFILE_NAME       64 /* characters */
#define PROFILE_NAME_BYTES (4 * PROFILE_NAME + 1)

extern const char *const profile_types[];         /* the types of imports that have profiles */
extern const struct param_spec profiles_params[]; /* q, type, page */
#define PROFILES_KEYS 1
/* Writes {"profiles": […], "next_cursor": …}, by name. Returns 0 or -1 with conn->error. */
int profiles_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

/* The tag of a version of a profile, with its quotes. */
#define PROFILE_TAG_BYTES 48
/* Writes the profile and its tag. Returns 1 (found), 0 or -1 with conn->error. */
int profile_find(struct store_conn *conn, const char *name, char tag[PROFILE_TAG_BYTES], struct json_out *out);

/* What a client may demand of the profile as it is now. */
struct profile_guard {
    bool must_be_new;                            /* If-None-Match: * */
    bool has_tags;                               /* If-Match */
    bool (*matches)(const char *tag, void *ctx); /* is this one of the tags of If-Match? */
    void *ctx;
};

enum profile_verdict {
    PROFILE_DONE,      /* it was there */
    PROFILE_MADE,      /* it is new */
    PROFILE_NOT_FOUND, /* nothing to delete */
    PROFILE_STALE,     /* it is not as the client has seen it, or it is not new */
    PROFILE_UNSEEN,    /* it is there, and the client does not say that it has seen it */
    PROFILE_REFUSED    /* see the faults */
};

/* A profile as a client writes it: {"type", "params"} or {"from_task", "params"}, where params win over the task's. */
struct profile_new {
    const char *name, *who;
    yajl_val body;
    struct profile_guard guard;
};
/* Checks it and saves it. Returns an enum profile_verdict, or -1 with conn->error; writes the profile and its tag when it
 * is done. */
int profile_save(struct store_conn *conn, const struct profile_new *profile, struct param_faults *faults,
                 char tag[PROFILE_TAG_BYTES], struct json_out *out);
/* Deletes it and what is known of its use. */
int profile_delete(struct store_conn *conn, const char *name, const struct profile_guard *guard);

/* Whose files a task's are: "stock:MAIN", "supplier:SUP-01", "catalog:rates". "" if the parameters do not say. `type`: the name of a
 * task type. */
#define PROFILE_TARGET_BYTES 64
void profile_target(const char *type, yajl_val params, char target[PROFILE_TARGET_BYTES]);

/* For this room: is a profile with this tag what the client wants to change? Returns PROFILE_DONE or what is wrong. */
int profile_guarded(const struct profile_guard *guard, const char *tag);
void profile_tag(const struct store_value *id, const struct store_value *version, char tag[PROFILE_TAG_BYTES]);

#endif

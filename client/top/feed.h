/* What the server says, from a child process. */
#ifndef PF_TOP_FEED_H
#define PF_TOP_FEED_H

#include "base/bytes.h"
#include "client/core/settings.h"

#include <sys/types.h>

enum feed_kind {
    FEED_PICTURE = 'P', /* the body of /api/operation */
    FEED_TASKS = 'T',   /* full views, as /api/tasks?ids= answers */
    FEED_SAME = 'S',    /* nothing has changed */
    FEED_AWAY = 'A',    /* why the server cannot be asked; it is asked again */
    FEED_REFUSED = 'R'  /* what the server said; nothing follows */
};

struct feed {
    const struct settings *settings;
    pid_t pid;
    int fd; /* readable when there is something; -1 = no child */
    struct bytes in;
};

/* Starts the child; also after it has died. */
void feed_start(struct feed *feed, const struct settings *settings);
/* Reads what is there without waiting. Returns the next whole message, terminated and without its head, and its kind; NULL
 * if there is none. It lives until the next call. A dead child is started again. */
const char *feed_next(struct feed *feed, enum feed_kind *kind);
void feed_stop(struct feed *feed);

#endif

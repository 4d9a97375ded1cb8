/* The file thread of a worker: everything that touches the disk for long (fsync, link, scanning a multipart body,
 * reading the first bytes of an upload) runs here and never on the event loop.
 *
 * Calls are made on the loop thread; `work` runs on the file thread, in order of arrival; `done` runs on the loop
 * thread. */
#ifndef PF_WORKER_FILETHREAD_H
#define PF_WORKER_FILETHREAD_H

#include <stdbool.h>
#include <stddef.h>

struct filethread;

struct filethread_call {
    void (*work)(struct filethread_call *call);
    void (*done)(struct filethread_call *call);
    struct filethread_call *next; /* internal */
};

/* Start the thread; `limit` calls may wait. NULL on failure (errno). Signals are blocked in it. */
struct filethread *filethread_new(unsigned limit);
/* Watch this eventfd; when readable call filethread_collect(). */
int filethread_fd(const struct filethread *thread);
/* Returns 0, or -EAGAIN when too many wait (answer 503). */
int filethread_submit(struct filethread *thread, struct filethread_call *call);
unsigned filethread_collect(struct filethread *thread);
/* Finish what waits, run every done(), join, free. */
void filethread_free(struct filethread **at);

#endif

/* The file thread of a worker: everything that touches the disk for long (fsync, link, scanning a multipart body,
 * reading the first bytes of an upload) runs here and never on the event loop.
 *
 * Calls are made on the loop thread; `work` runs on the file thread, in order of arrival; `done` runs on the loop
 * thread. */
#ifndef PF_WORKER_FILETHREAD_H
#define PF_WORKER_FILETHREAD_H

#include <stdbool.h>
#include <stddef.h>

struct offload;

struct offload_call {
    void (*work)(struct offload_call *call);
    void (*done)(struct offload_call *call);
    struct offload_call *next; /* internal */
};

/* Start the thread; `limit` calls may wait. NULL on failure (errno). Signals are blocked in it. */
struct offload *offload_new(unsigned limit);
/* Watch this eventfd; when readable call offload_collect(). */
int offload_fd(const struct offload *offload);
/* Returns 0, or -EAGAIN when too many wait (answer 503). */
int offload_submit(struct offload *offload, struct offload_call *call);
unsigned offload_collect(struct offload *offload);
/* Finish what waits, run every done(), join, free. */
void offload_free(struct offload **offload);

#endif

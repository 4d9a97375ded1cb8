/* One thread, two lists under one mutex, and an eventfd back to the loop. */
#include "daemon/worker/filethread.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct call_list {
    struct offload_call *first, **last;
};

struct offload {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct call_list waiting, finished;
    unsigned n_waiting, limit;
    bool stopping;
    int eventfd;
};

static void list_init(struct call_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_append(struct call_list *list, struct offload_call *call)
{
    call->next = NULL;
    *list->last = call;
    list->last = &call->next;
}

static struct offload_call *list_take(struct call_list *list)
{
    struct offload_call *call = list->first;
    if (call) {
        list->first = call->next;
        if (!list->first)
            list->last = &list->first;
    }
    return call;
}

static void poke(struct offload *offload)
{
    uint64_t one = 1;
    ssize_t n = write(offload->eventfd, &one, sizeof one);
    (void)n; /* EAGAIN means that it is readable already */
}

static void *thread_main(void *arg)
{
    struct offload *offload = arg;
    pthread_mutex_lock(&offload->mutex);
    for (;;) {
        struct offload_call *call = list_take(&offload->waiting);
        if (!call) {
            if (offload->stopping)
                break;
            pthread_cond_wait(&offload->wake, &offload->mutex);
            continue;
        }
        offload->n_waiting--;
        pthread_mutex_unlock(&offload->mutex);
        call->work(call);
        pthread_mutex_lock(&offload->mutex);
        list_append(&offload->finished, call);
        poke(offload);
    }
    pthread_mutex_unlock(&offload->mutex);
    return NULL;
}

static int start_thread(struct offload *offload)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&offload->thread, NULL, thread_main, offload);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

struct offload *offload_new(unsigned limit)
{
    struct offload *offload = calloc(1, sizeof *offload);
    if (!offload)
        abort();
    offload->limit = limit;
    list_init(&offload->waiting);
    list_init(&offload->finished);
    pthread_mutex_init(&offload->mutex, NULL);
    pthread_cond_init(&offload->wake, NULL);
    offload->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (offload->eventfd < 0)
        goto fail_free;
    int rc = start_thread(offload);
    if (rc != 0) {
        errno = rc;
        goto fail_close;
    }
    return offload;

fail_close:
    close(offload->eventfd);
fail_free:
    free(offload);
    return NULL;
}

int offload_fd(const struct offload *offload)
{
    return offload->eventfd;
}

int offload_submit(struct offload *offload, struct offload_call *call)
{
    int rc = -EAGAIN;
    pthread_mutex_lock(&offload->mutex);
    if (offload->n_waiting < offload->limit && !offload->stopping) {
        list_append(&offload->waiting, call);
        offload->n_waiting++;
        pthread_cond_signal(&offload->wake);
        rc = 0;
    }
    pthread_mutex_unlock(&offload->mutex);
    return rc;
}

unsigned offload_collect(struct offload *offload)
{
    uint64_t count;
    ssize_t got = read(offload->eventfd, &count, sizeof count);
    (void)got;
    pthread_mutex_lock(&offload->mutex);
    struct offload_call *call = offload->finished.first;
    list_init(&offload->finished);
    pthread_mutex_unlock(&offload->mutex);
    unsigned n = 0;
    while (call) {
        struct offload_call *next = call->next; /* done() may free the call */
        call->done(call);
        call = next;
        n++;
    }
    return n;
}

void offload_free(struct offload **offload)
{
    struct offload *o = *offload;
    if (!o)
        return;
    pthread_mutex_lock(&o->mutex);
    o->stopping = true;
    pthread_cond_signal(&o->wake);
    pthread_mutex_unlock(&o->mutex);
    pthread_join(o->thread, NULL);
    offload_collect(o);
    assert(!o->waiting.first);
    pthread_cond_destroy(&o->wake);
    pthread_mutex_destroy(&o->mutex);
    close(o->eventfd);
    free(o);
    *offload = NULL;
}

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
    struct filethread_call *first, **last;
};

struct filethread {
    pthread_t id;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct call_list queued, finished;
    unsigned n_queued, limit;
    bool stopping;
    int eventfd;
};

static void list_init(struct call_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_append(struct call_list *list, struct filethread_call *call)
{
    call->next = NULL;
    *list->last = call;
    list->last = &call->next;
}

static struct filethread_call *list_take(struct call_list *list)
{
    struct filethread_call *call = list->first;
    if (call) {
        list->first = call->next;
        if (!list->first)
            list->last = &list->first;
    }
    return call;
}

static void poke(struct filethread *thread)
{
    uint64_t one = 1;
    ssize_t n = write(thread->eventfd, &one, sizeof one);
    (void)n; /* EAGAIN means that it is readable already */
}

static void *thread_main(void *arg)
{
    struct filethread *thread = arg;
    pthread_mutex_lock(&thread->mutex);
    for (;;) {
        struct filethread_call *call = list_take(&thread->queued);
        if (!call) {
            if (thread->stopping)
                break;
            pthread_cond_wait(&thread->wake, &thread->mutex);
            continue;
        }
        thread->n_queued--;
        pthread_mutex_unlock(&thread->mutex);
        call->work(call);
        pthread_mutex_lock(&thread->mutex);
        list_append(&thread->finished, call);
        poke(thread);
    }
    pthread_mutex_unlock(&thread->mutex);
    return NULL;
}

static int start_thread(struct filethread *thread)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread->id, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

struct filethread *filethread_new(unsigned limit)
{
    struct filethread *thread = calloc(1, sizeof *thread);
    if (!thread)
        abort();
    thread->limit = limit;
    list_init(&thread->queued);
    list_init(&thread->finished);
    pthread_mutex_init(&thread->mutex, NULL);
    pthread_cond_init(&thread->wake, NULL);
    thread->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (thread->eventfd < 0)
        goto fail_free;
    int rc = start_thread(thread);
    if (rc != 0) {
        errno = rc;
        goto fail_close;
    }
    return thread;

fail_close:
    close(thread->eventfd);
fail_free:
    free(thread);
    return NULL;
}

int filethread_fd(const struct filethread *thread)
{
    return thread->eventfd;
}

int filethread_submit(struct filethread *thread, struct filethread_call *call)
{
    int rc = -EAGAIN;
    pthread_mutex_lock(&thread->mutex);
    if (thread->n_queued < thread->limit && !thread->stopping) {
        list_append(&thread->queued, call);
        thread->n_queued++;
        pthread_cond_signal(&thread->wake);
        rc = 0;
    }
    pthread_mutex_unlock(&thread->mutex);
    return rc;
}

unsigned filethread_collect(struct filethread *thread)
{
    uint64_t count;
    ssize_t got = read(thread->eventfd, &count, sizeof count);
    (void)got;
    pthread_mutex_lock(&thread->mutex);
    struct filethread_call *call = thread->finished.first;
    list_init(&thread->finished);
    pthread_mutex_unlock(&thread->mutex);
    unsigned n = 0;
    while (call) {
        struct filethread_call *next = call->next; /* done() may free the call */
        call->done(call);
        call = next;
        n++;
    }
    return n;
}

void filethread_free(struct filethread **at)
{
    struct filethread *thread = *at;
    if (!thread)
        return;
    pthread_mutex_lock(&thread->mutex);
    thread->stopping = true;
    pthread_cond_signal(&thread->wake);
    pthread_mutex_unlock(&thread->mutex);
    pthread_join(thread->id, NULL);
    filethread_collect(thread);
    assert(!thread->queued.first);
    pthread_cond_destroy(&thread->wake);
    pthread_mutex_destroy(&thread->mutex);
    close(thread->eventfd);
    free(thread);
    *at = NULL;
}

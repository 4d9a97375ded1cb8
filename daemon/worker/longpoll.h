/* Long polls: requests that wait for tasks to change.
 *
 * A long poll costs 4 KiB, nearly all of it libevent's connection and request (10 000 of them: ./dev bench hold). It
 * needs no thread and no connection to the database. Everything here runs on the worker's loop.
 *
 * - Waiters stand in a group per task. A writer's poke (shm/watch.h) names regions of the table; the groups of those
 *   regions are checked, without copying any text.
 * - A group whose task ended or is gone wakes its waiters at once. A group whose text changed wakes them at most five
 *   times a second. This is counted for the task and not for the client: a client that comes back at once must not turn
 *   progress into a busy loop.
 * - The rescan finds what a killed writer did not tell.
 * - Woken waiters are answered some at a time, with the loop's other events in between: ten thousand that wait for one
 *   task must not stop everybody else's polls.
 * - A waiter's own time is what it asked for and up to a sixteenth more, at random, so that clients that came together
 *   do not come back together. */
#ifndef PF_WORKER_LONGPOLL_H
#define PF_WORKER_LONGPOLL_H

#include "daemon/http/http.h"
#include "shm/table.h"

struct longpoll;

enum longpoll_until {
    LONGPOLL_CHANGE, /* one of the tasks shows another text than `visible` */
    LONGPOLL_FINISH, /* all of the tasks have ended */
    LONGPOLL_ATTEMPT /* one of the tasks has more attempts behind it than `attempts`, or has ended */
};

/* A task to wait for, as it was when the request was read. */
struct longpoll_task {
    struct shm_handle handle;
    uint64_t visible;
    unsigned attempts; /* of LONGPOLL_ATTEMPT: longpoll_attempts() */
};

/* Answer the request with the state as it is now. `applied`: it has waited as it wished; false when the worker drains. */
typedef void (*longpoll_answer)(struct http_request *request, bool applied);

/* `entry`: this process's entry of the process table. At most `limit` requests wait. */
struct longpoll *longpoll_new(struct event_base *base, struct shm_segment *segment, uint32_t entry, unsigned limit);
/* Call it when no request waits any more, or the requests' server is gone. */
void longpoll_free(struct longpoll **polls);

/* Let a request wait for `n` different tasks, at most `wait_s` seconds. Takes request->user and request->gone. Returns
 * false when it must not wait (full, draining, nothing to wait for): answer it at once. When true, `answer` is called
 * later exactly once, from the loop; if the client goes away first, the request is ended without a call. */
bool longpoll_wait(struct longpoll *polls, struct http_request *request, enum longpoll_until until,
                   const struct longpoll_task *tasks, size_t n, unsigned wait_s, longpoll_answer answer);

/* How many attempts of a task are over. Lines of its log come with the end of one. */
unsigned longpoll_attempts(enum task_state state, unsigned attempt);

/* The wake-up descriptor was readable and has been drained. */
void longpoll_poked(struct longpoll *polls);
/* Once a second: look at every group, poked or not. */
void longpoll_rescan(struct longpoll *polls);
/* Draining: answer all; no request waits from now on. */
void longpoll_release(struct longpoll *polls);

/* Requests that wait now. */
unsigned longpoll_count(const struct longpoll *polls);

#endif

/* Held requests: polls that wait for tasks to change.
 *
 * A held request costs 4 KiB, nearly all of it libevent's connection and request (10 000 of them: ./dev bench hold); no
 * thread and no connection to the database. All on the worker's loop.
 *
 *   Waiters stand in a group per task. A writer's poke (shm/watch.h) names regions of the table; the groups of those
 *   regions are looked at, without copying any text. A group whose task ended or is gone wakes its waiters at once;
 *   one whose text changed wakes them at most five times a second, counted for the task and not for the client, so that
 *   one who comes back at once does not turn progress into a busy loop. What was told in vain (a killed writer) is
 *   found by the rescan.
 *   Woken waiters are answered some at a time, with the loop's other events in between: ten thousand that wait for one
 *   task must not stop everybody else's polls.
 *   A waiter's own time is what it asked for and up to a sixteenth more, at random, so that those who came together do
 *   not come back together. */
#ifndef PF_WORKER_LONGPOLL_H
#define PF_WORKER_LONGPOLL_H

#include "daemon/http/http.h"
#include "shm/table.h"

struct hold;

enum hold_until {
    HOLD_CHANGE, /* one of the tasks shows another text than `visible` */
    HOLD_FINISH, /* all of the tasks have ended */
    HOLD_ATTEMPT /* one of the tasks has more attempts behind it than `attempts`, or has ended */
};

/* A task to wait for, as it was when the request was read. */
struct hold_task {
    struct shm_handle handle;
    uint64_t visible;
    unsigned attempts; /* of HOLD_ATTEMPT: hold_attempts() */
};

/* Answer the request with the state as it is now. `applied`: it was held as it wished; false when the worker drains. */
typedef void (*hold_answer)(struct http_request *request, bool applied);

/* `entry`: this process's entry of the process table. At most `limit` requests are held. */
struct hold *hold_new(struct event_base *base, struct shm_segment *segment, uint32_t entry, unsigned limit);
/* Nothing is held any more, or the requests' server is gone. */
void hold_free(struct hold **hold);

/* Hold a request for `n` different tasks, at most `wait_s` seconds. Takes request->user and request->gone. Returns
 * false when it is not held (full, draining, nothing to wait for): answer it at once. When true, `answer` is called
 * later exactly once, from the loop; if the client goes away first, the request is ended without a call. */
bool hold_request(struct hold *hold, struct http_request *request, enum hold_until until, const struct hold_task *tasks,
                  size_t n, unsigned wait_s, hold_answer answer);

/* How many attempts of a task are over. Lines of its log come with the end of one. */
unsigned hold_attempts(enum task_state state, unsigned attempt);

/* The wake-up descriptor was readable and has been drained. */
void hold_poked(struct hold *hold);
/* Once a second: look at every group, poked or not. */
void hold_rescan(struct hold *hold);
/* Draining: answer all, hold no more. */
void hold_release(struct hold *hold);

/* Requests held now. */
unsigned hold_count(const struct hold *hold);

#endif

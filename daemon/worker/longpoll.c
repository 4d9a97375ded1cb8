/* Waiters, their groups by task, and the queue of those that may be answered. */
#include "daemon/worker/longpoll.h"

#include "base/clock.h"
#include "daemon/process/metrics.h"
#include "shm/watch.h"

#include <assert.h>
#include <errno.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>

#define MERGE_MS     200
#define ANSWER_SLICE 64

struct waiter;

/* One waiter's place in one group. */
struct place {
    LIST_ENTRY(place) link;
    struct group *group; /* NULL: left */
    struct waiter *waiter;
    uint64_t known; /* what the client has */
    unsigned attempts;
    bool ended;
};

struct waiter {
    TAILQ_ENTRY(waiter) link; /* in `sleeping` or in `ready` */
    struct longpoll *polls;
    struct http_request *request;
    longpoll_answer answer;
    struct event timer;
    enum longpoll_until until;
    bool ready, applied;
    size_t n, running; /* tasks; those that have not ended */
    struct place places[];
};

struct group {
    LIST_ENTRY(group) link; /* of its region */
    LIST_HEAD(place_list, place) places;
    struct longpoll *polls;
    struct shm_handle handle;
    uint64_t told; /* `visible` when its waiters were last woken */
    unsigned told_attempts;
    struct event later;
    SLIST_ENTRY(group) grave;
    bool buried; /* stands in `graves` */
};

/* Per slot. The time outlives the group: see the merging in longpoll.h. */
struct seat {
    struct group *group;
    int64_t woken_ms;
};

TAILQ_HEAD(waiter_head, waiter);

struct longpoll {
    struct event_base *base;
    struct shm_segment *segment;
    uint32_t entry;
    unsigned limit, count;
    bool closed;
    struct seat *seats; /* by slot */
    LIST_HEAD(group_list, group) regions[WATCH_REGIONS];
    SLIST_HEAD(grave_list, group) graves; /* groups left empty during a walk */
    unsigned walks;                       /* going on, one in the other */
    struct waiter_head sleeping, ready;
    struct event answering;
    uint64_t random;
};

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000};
}

/* ---- Groups ---- */

static void group_free(struct group *group)
{
    struct longpoll *polls = group->polls;
    struct seat *seat = &polls->seats[group->handle.slot];
    LIST_REMOVE(group, link);
    event_del(&group->later);
    if (seat->group == group) {
        seat->group = NULL;
        watch_clear(polls->segment, group->handle.slot, polls->entry);
    }
    free(group);
}

/* Waking one waiter may leave other groups empty, on which a walk is about to step: they go when the last walk ends. */
static void reap(struct longpoll *polls)
{
    struct group *group;
    while (polls->walks == 0 && (group = SLIST_FIRST(&polls->graves))) {
        SLIST_REMOVE_HEAD(&polls->graves, grave);
        group->buried = false;
        if (LIST_EMPTY(&group->places))
            group_free(group);
    }
}

static void bury(struct group *group)
{
    group->buried = true;
    SLIST_INSERT_HEAD(&group->polls->graves, group, grave);
    reap(group->polls);
}

static void leave(struct place *place)
{
    struct group *group = place->group;
    if (!group)
        return;
    place->group = NULL;
    LIST_REMOVE(place, link);
    if (LIST_EMPTY(&group->places) && !group->buried)
        bury(group);
}

/* A timer and not event_active(): the loop looks at its descriptors in between. */
static void answer_soon(struct longpoll *polls)
{
    static const struct timeval now = {0, 0};
    if (!evtimer_pending(&polls->answering, NULL))
        evtimer_add(&polls->answering, &now);
}

static void waiter_ready(struct waiter *waiter, bool applied)
{
    struct longpoll *polls = waiter->polls;
    if (waiter->ready)
        return;
    waiter->ready = true;
    waiter->applied = applied;
    for (size_t i = 0; i < waiter->n; i++)
        leave(&waiter->places[i]);
    event_del(&waiter->timer);
    TAILQ_REMOVE(&polls->sleeping, waiter, link);
    TAILQ_INSERT_TAIL(&polls->ready, waiter, link);
    answer_soon(polls);
}

unsigned longpoll_attempts(enum task_state state, unsigned attempt)
{
    return state == TASK_RUNNING && attempt > 0 ? attempt - 1 : attempt;
}

static unsigned attempts_of(const struct watch_view *view)
{
    return longpoll_attempts((enum task_state)view->state, view->attempt);
}

/* Has it happened? */
static bool place_due(const struct place *place, const struct watch_view *view)
{
    switch (place->waiter->until) {
    case LONGPOLL_CHANGE:
        return !view || view->visible != place->known;
    case LONGPOLL_ATTEMPT:
        return place->ended || attempts_of(view) != place->attempts;
    default:
        return place->waiter->running == 0;
    }
}

/* `view` NULL: the slot is no longer this task's. */
static void place_check(struct place *place, const struct watch_view *view)
{
    struct waiter *waiter = place->waiter;
    bool ended = !view || task_state_final((enum task_state)view->state);
    if (ended && !place->ended) {
        place->ended = true;
        waiter->running--;
    }
    if (place_due(place, view))
        waiter_ready(waiter, true);
}

/* Every waiter of the group decides for itself. A waiter stands in a group once, so only the place in hand is
 * removed. */
static void group_wake(struct group *group, const struct watch_view *view)
{
    struct longpoll *polls = group->polls;
    struct place *place, *next;
    if (view) {
        group->told = view->visible;
        group->told_attempts = attempts_of(view);
        polls->seats[group->handle.slot].woken_ms = clock_mono_ms();
    }
    polls->walks++;
    for (place = LIST_FIRST(&group->places); place; place = next) {
        next = LIST_NEXT(place, link);
        place_check(place, view);
    }
    polls->walks--;
    reap(polls);
}

static void group_check(struct group *group)
{
    struct watch_view view;
    int rc = watch_look(group->polls->segment, group->handle, &view);
    if (rc == -EAGAIN)
        return;
    if (rc != 0 || task_state_final((enum task_state)view.state)) {
        group_wake(group, rc == 0 ? &view : NULL);
        return;
    }
    if (view.visible == group->told && attempts_of(&view) == group->told_attempts)
        return;
    int64_t rest = group->polls->seats[group->handle.slot].woken_ms + MERGE_MS - clock_mono_ms();
    struct timeval later = timeval_of(rest > 0 ? rest : 0);
    if (rest <= 0)
        group_wake(group, &view);
    else if (!evtimer_pending(&group->later, NULL))
        evtimer_add(&group->later, &later);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    group_check(arg);
}

static struct group *group_new(struct longpoll *polls, const struct longpoll_task *task)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        abort();
    group->polls = polls;
    group->handle = task->handle;
    group->told = task->visible;
    group->told_attempts = task->attempts;
    LIST_INIT(&group->places);
    evtimer_assign(&group->later, polls->base, on_later, group);
    LIST_INSERT_HEAD(&polls->regions[WATCH_REGION(task->handle.slot)], group, link);
    watch_set(polls->segment, task->handle.slot, polls->entry);
    return group;
}

static struct group *group_for(struct longpoll *polls, const struct longpoll_task *task)
{
    struct seat *seat = &polls->seats[task->handle.slot];
    if (seat->group && seat->group->handle.generation != task->handle.generation)
        group_wake(seat->group, NULL); /* the slot has gone on to another task; frees the group */
    if (!seat->group)
        seat->group = group_new(polls, task);
    return seat->group;
}

/* ---- Waiters ---- */

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    waiter_ready(arg, true);
}

static void waiter_free(struct waiter *waiter)
{
    struct longpoll *polls = waiter->polls;
    for (size_t i = 0; i < waiter->n; i++)
        leave(&waiter->places[i]);
    event_del(&waiter->timer);
    if (waiter->ready)
        TAILQ_REMOVE(&polls->ready, waiter, link);
    else
        TAILQ_REMOVE(&polls->sleeping, waiter, link);
    waiter->request->user = NULL;
    waiter->request->gone = NULL;
    polls->count--;
    free(waiter);
}

static void on_gone(struct http_request *request)
{
    waiter_free(request->user);
    http_reply_empty(request, 204); /* to nobody: ends the request */
}

/* xorshift64*: spreads clients, protects nothing. */
static uint64_t next_random(struct longpoll *polls)
{
    polls->random ^= polls->random >> 12;
    polls->random ^= polls->random << 25;
    polls->random ^= polls->random >> 27;
    return polls->random * UINT64_C(0x2545f4914f6cdd1d);
}

static struct waiter *waiter_new(struct longpoll *polls, struct http_request *request, size_t n, unsigned wait_s)
{
    struct waiter *waiter = calloc(1, sizeof *waiter + n * sizeof waiter->places[0]);
    if (!waiter)
        abort();
    uint64_t ms = (uint64_t)wait_s * 1000;
    struct timeval end = timeval_of((int64_t)(ms + next_random(polls) % (ms / 16 + 1)));
    waiter->polls = polls;
    waiter->request = request;
    waiter->n = waiter->running = n;
    request->user = waiter;
    request->gone = on_gone;
    evtimer_assign(&waiter->timer, polls->base, on_time, waiter);
    evtimer_add(&waiter->timer, &end);
    TAILQ_INSERT_TAIL(&polls->sleeping, waiter, link);
    polls->count++;
    return waiter;
}

/* The bit is set before the look (shm/watch.h), so a change after the request was read is seen here or told. */
static void join(struct longpoll *polls, struct waiter *waiter, struct place *place, const struct longpoll_task *task)
{
    struct watch_view view;
    struct group *group = group_for(polls, task);
    place->waiter = waiter;
    place->group = group;
    place->known = task->visible;
    place->attempts = task->attempts;
    LIST_INSERT_HEAD(&group->places, place, link);
    int rc = watch_look(polls->segment, task->handle, &view);
    if (rc != -EAGAIN)
        place_check(place, rc == 0 ? &view : NULL);
}

bool longpoll_wait(struct longpoll *polls, struct http_request *request, enum longpoll_until until,
                   const struct longpoll_task *tasks, size_t n, unsigned wait_s, longpoll_answer answer)
{
    if (polls->closed || polls->count >= polls->limit || wait_s == 0 || n == 0)
        return false;
    struct waiter *waiter = waiter_new(polls, request, n, wait_s);
    waiter->until = until;
    waiter->answer = answer;
    metrics_add(METRICS_POLLS_HELD, 1);
    for (size_t i = 0; i < n && !waiter->ready; i++)
        join(polls, waiter, &waiter->places[i], &tasks[i]);
    return true;
}

/* ---- Answering ---- */

static void on_answering(evutil_socket_t fd, short what, void *arg)
{
    struct longpoll *polls = arg;
    struct waiter *waiter;
    (void)fd;
    (void)what;
    for (int i = 0; i < ANSWER_SLICE && (waiter = TAILQ_FIRST(&polls->ready)); i++) {
        struct http_request *request = waiter->request;
        longpoll_answer answer = waiter->answer;
        bool applied = waiter->applied;
        waiter_free(waiter);
        answer(request, applied);
    }
    if (!TAILQ_EMPTY(&polls->ready))
        answer_soon(polls);
}

static void check_region(struct longpoll *polls, unsigned region)
{
    struct group *group;
    polls->walks++;
    LIST_FOREACH(group, &polls->regions[region], link)
    group_check(group);
    polls->walks--;
    reap(polls);
}

void longpoll_poked(struct longpoll *polls)
{
    uint64_t regions = watch_take(polls->segment, polls->entry);
    for (; regions != 0; regions &= regions - 1)
        check_region(polls, (unsigned)__builtin_ctzll(regions));
}

void longpoll_rescan(struct longpoll *polls)
{
    for (unsigned region = 0; region < WATCH_REGIONS; region++)
        check_region(polls, region);
}

void longpoll_release(struct longpoll *polls)
{
    struct waiter *waiter;
    polls->closed = true;
    while ((waiter = TAILQ_FIRST(&polls->sleeping)))
        waiter_ready(waiter, false);
}

unsigned longpoll_count(const struct longpoll *polls)
{
    return polls->count;
}

struct longpoll *longpoll_new(struct event_base *base, struct shm_segment *segment, uint32_t entry, unsigned limit)
{
    struct longpoll *polls = calloc(1, sizeof *polls);
    if (!polls || !(polls->seats = calloc(shm_segment_geometry(segment)->slots, sizeof *polls->seats)))
        abort();
    polls->base = base;
    polls->segment = segment;
    polls->entry = entry;
    polls->limit = limit;
    for (unsigned i = 0; i < WATCH_REGIONS; i++)
        LIST_INIT(&polls->regions[i]);
    SLIST_INIT(&polls->graves);
    TAILQ_INIT(&polls->sleeping);
    TAILQ_INIT(&polls->ready);
    evtimer_assign(&polls->answering, base, on_answering, polls);
    polls->random = (uint64_t)clock_mono_ms() << 16 | entry | 1;
    return polls;
}

void longpoll_free(struct longpoll **at)
{
    struct longpoll *polls = *at;
    if (!polls)
        return;
    *at = NULL;
    assert(TAILQ_EMPTY(&polls->sleeping) && TAILQ_EMPTY(&polls->ready));
    event_del(&polls->answering);
    free(polls->seats);
    free(polls);
}

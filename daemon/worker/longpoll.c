/* Waiters, their groups by task, and the line of those that may be answered. */
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
    TAILQ_ENTRY(waiter) link; /* in `held` or in `ready` */
    struct hold *hold;
    struct http_request *request;
    hold_answer answer;
    struct event timer;
    enum hold_until until;
    bool ready, applied;
    size_t n, running; /* tasks; those that have not ended */
    struct place places[];
};

struct group {
    LIST_ENTRY(group) link; /* of its region */
    LIST_HEAD(place_list, place) places;
    struct hold *hold;
    struct shm_handle handle;
    uint64_t told; /* `visible` when its waiters were last woken */
    unsigned told_attempts;
    struct event later;
    SLIST_ENTRY(group) grave;
    bool buried; /* stands in `graves` */
};

/* Per slot. The time outlives the group: see the merging in hold.h. */
struct seat {
    struct group *group;
    int64_t woken_ms;
};

TAILQ_HEAD(waiter_head, waiter);

struct hold {
    struct event_base *base;
    struct shm_segment *segment;
    uint32_t entry;
    unsigned limit, count;
    bool closed;
    struct seat *seats; /* by slot */
    LIST_HEAD(group_list, group) regions[WATCH_REGIONS];
    SLIST_HEAD(grave_list, group) graves; /* groups left empty during a walk */
    unsigned walks;                       /* going on, one in the other */
    struct waiter_head held, ready;
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
    struct hold *hold = group->hold;
    struct seat *seat = &hold->seats[group->handle.slot];
    LIST_REMOVE(group, link);
    event_del(&group->later);
    if (seat->group == group) {
        seat->group = NULL;
        watch_clear(hold->segment, group->handle.slot, hold->entry);
    }
    free(group);
}

/* Waking one waiter may leave other groups empty, on which a walk is about to step: they go when the last walk ends. */
static void reap(struct hold *hold)
{
    struct group *group;
    while (hold->walks == 0 && (group = SLIST_FIRST(&hold->graves))) {
        SLIST_REMOVE_HEAD(&hold->graves, grave);
        group->buried = false;
        if (LIST_EMPTY(&group->places))
            group_free(group);
    }
}

static void bury(struct group *group)
{
    group->buried = true;
    SLIST_INSERT_HEAD(&group->hold->graves, group, grave);
    reap(group->hold);
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
static void answer_soon(struct hold *hold)
{
    static const struct timeval now = {0, 0};
    if (!evtimer_pending(&hold->answering, NULL))
        evtimer_add(&hold->answering, &now);
}

static void waiter_ready(struct waiter *waiter, bool applied)
{
    struct hold *hold = waiter->hold;
    if (waiter->ready)
        return;
    waiter->ready = true;
    waiter->applied = applied;
    for (size_t i = 0; i < waiter->n; i++)
        leave(&waiter->places[i]);
    event_del(&waiter->timer);
    TAILQ_REMOVE(&hold->held, waiter, link);
    TAILQ_INSERT_TAIL(&hold->ready, waiter, link);
    answer_soon(hold);
}

unsigned hold_attempts(enum task_state state, unsigned attempt)
{
    return state == TASK_RUNNING && attempt > 0 ? attempt - 1 : attempt;
}

static unsigned attempts_of(const struct watch_view *view)
{
    return hold_attempts((enum task_state)view->state, view->attempt);
}

/* Has it happened? */
static bool place_due(const struct place *place, const struct watch_view *view)
{
    switch (place->waiter->until) {
    case HOLD_CHANGE:
        return !view || view->visible != place->known;
    case HOLD_ATTEMPT:
        return place->ended || attempts_of(view) != place->attempts;
    default:
        return place->waiter->running == 0;
    }
}

/* `view` NULL: the slot is no longer this task's. */
static void place_look(struct place *place, const struct watch_view *view)
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
    struct hold *hold = group->hold;
    struct place *place, *next;
    if (view) {
        group->told = view->visible;
        group->told_attempts = attempts_of(view);
        hold->seats[group->handle.slot].woken_ms = clock_mono_ms();
    }
    hold->walks++;
    for (place = LIST_FIRST(&group->places); place; place = next) {
        next = LIST_NEXT(place, link);
        place_look(place, view);
    }
    hold->walks--;
    reap(hold);
}

static void group_check(struct group *group)
{
    struct watch_view view;
    int rc = watch_look(group->hold->segment, group->handle, &view);
    if (rc == -EAGAIN)
        return;
    if (rc != 0 || task_state_final((enum task_state)view.state)) {
        group_wake(group, rc == 0 ? &view : NULL);
        return;
    }
    if (view.visible == group->told && attempts_of(&view) == group->told_attempts)
        return;
    int64_t rest = group->hold->seats[group->handle.slot].woken_ms + MERGE_MS - clock_mono_ms();
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

static struct group *group_new(struct hold *hold, const struct hold_task *task)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        abort();
    group->hold = hold;
    group->handle = task->handle;
    group->told = task->visible;
    group->told_attempts = task->attempts;
    LIST_INIT(&group->places);
    evtimer_assign(&group->later, hold->base, on_later, group);
    LIST_INSERT_HEAD(&hold->regions[WATCH_REGION(task->handle.slot)], group, link);
    watch_set(hold->segment, task->handle.slot, hold->entry);
    return group;
}

static struct group *group_for(struct hold *hold, const struct hold_task *task)
{
    struct seat *seat = &hold->seats[task->handle.slot];
    if (seat->group && seat->group->handle.generation != task->handle.generation)
        group_wake(seat->group, NULL); /* the slot has gone on to another task; frees the group */
    if (!seat->group)
        seat->group = group_new(hold, task);
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
    struct hold *hold = waiter->hold;
    for (size_t i = 0; i < waiter->n; i++)
        leave(&waiter->places[i]);
    event_del(&waiter->timer);
    if (waiter->ready)
        TAILQ_REMOVE(&hold->ready, waiter, link);
    else
        TAILQ_REMOVE(&hold->held, waiter, link);
    waiter->request->user = NULL;
    waiter->request->gone = NULL;
    hold->count--;
    free(waiter);
}

static void on_gone(struct http_request *request)
{
    waiter_free(request->user);
    http_reply_empty(request, 204); /* to nobody: ends the request */
}

/* xorshift64*: spreads clients, protects nothing. */
static uint64_t next_random(struct hold *hold)
{
    hold->random ^= hold->random >> 12;
    hold->random ^= hold->random << 25;
    hold->random ^= hold->random >> 27;
    return hold->random * UINT64_C(0x2545f4914f6cdd1d);
}

static struct waiter *waiter_new(struct hold *hold, struct http_request *request, size_t n, unsigned wait_s)
{
    struct waiter *waiter = calloc(1, sizeof *waiter + n * sizeof waiter->places[0]);
    if (!waiter)
        abort();
    uint64_t ms = (uint64_t)wait_s * 1000;
    struct timeval end = timeval_of((int64_t)(ms + next_random(hold) % (ms / 16 + 1)));
    waiter->hold = hold;
    waiter->request = request;
    waiter->n = waiter->running = n;
    request->user = waiter;
    request->gone = on_gone;
    evtimer_assign(&waiter->timer, hold->base, on_time, waiter);
    evtimer_add(&waiter->timer, &end);
    TAILQ_INSERT_TAIL(&hold->held, waiter, link);
    hold->count++;
    return waiter;
}

/* The bit is set before the look (shm/watch.h), so a change after the request was read is seen here or told. */
static void join(struct hold *hold, struct waiter *waiter, struct place *place, const struct hold_task *task)
{
    struct watch_view view;
    struct group *group = group_for(hold, task);
    place->waiter = waiter;
    place->group = group;
    place->known = task->visible;
    place->attempts = task->attempts;
    LIST_INSERT_HEAD(&group->places, place, link);
    int rc = watch_look(hold->segment, task->handle, &view);
    if (rc != -EAGAIN)
        place_look(place, rc == 0 ? &view : NULL);
}

bool hold_request(struct hold *hold, struct http_request *request, enum hold_until until, const struct hold_task *tasks,
                  size_t n, unsigned wait_s, hold_answer answer)
{
    if (hold->closed || hold->count >= hold->limit || wait_s == 0 || n == 0)
        return false;
    struct waiter *waiter = waiter_new(hold, request, n, wait_s);
    waiter->until = until;
    waiter->answer = answer;
    metrics_add(METRICS_POLLS_HELD, 1);
    for (size_t i = 0; i < n && !waiter->ready; i++)
        join(hold, waiter, &waiter->places[i], &tasks[i]);
    return true;
}

/* ---- Answering ---- */

static void on_answering(evutil_socket_t fd, short what, void *arg)
{
    struct hold *hold = arg;
    struct waiter *waiter;
    (void)fd;
    (void)what;
    for (int i = 0; i < ANSWER_SLICE && (waiter = TAILQ_FIRST(&hold->ready)); i++) {
        struct http_request *request = waiter->request;
        hold_answer answer = waiter->answer;
        bool applied = waiter->applied;
        waiter_free(waiter);
        answer(request, applied);
    }
    if (!TAILQ_EMPTY(&hold->ready))
        answer_soon(hold);
}

static void check_region(struct hold *hold, unsigned region)
{
    struct group *group;
    hold->walks++;
    LIST_FOREACH(group, &hold->regions[region], link)
    group_check(group);
    hold->walks--;
    reap(hold);
}

void hold_poked(struct hold *hold)
{
    uint64_t regions = watch_take(hold->segment, hold->entry);
    for (; regions != 0; regions &= regions - 1)
        check_region(hold, (unsigned)__builtin_ctzll(regions));
}

void hold_rescan(struct hold *hold)
{
    for (unsigned region = 0; region < WATCH_REGIONS; region++)
        check_region(hold, region);
}

void hold_release(struct hold *hold)
{
    struct waiter *waiter;
    hold->closed = true;
    while ((waiter = TAILQ_FIRST(&hold->held)))
        waiter_ready(waiter, false);
}

unsigned hold_count(const struct hold *hold)
{
    return hold->count;
}

struct hold *hold_new(struct event_base *base, struct shm_segment *segment, uint32_t entry, unsigned limit)
{
    struct hold *hold = calloc(1, sizeof *hold);
    if (!hold || !(hold->seats = calloc(shm_segment_geometry(segment)->slots, sizeof *hold->seats)))
        abort();
    hold->base = base;
    hold->segment = segment;
    hold->entry = entry;
    hold->limit = limit;
    for (unsigned i = 0; i < WATCH_REGIONS; i++)
        LIST_INIT(&hold->regions[i]);
    SLIST_INIT(&hold->graves);
    TAILQ_INIT(&hold->held);
    TAILQ_INIT(&hold->ready);
    evtimer_assign(&hold->answering, base, on_answering, hold);
    hold->random = (uint64_t)clock_mono_ms() << 16 | entry | 1;
    return hold;
}

void hold_free(struct hold **at)
{
    struct hold *hold = *at;
    if (!hold)
        return;
    *at = NULL;
    assert(TAILQ_EMPTY(&hold->held) && TAILQ_EMPTY(&hold->ready));
    event_del(&hold->answering);
    free(hold->seats);
    free(hold);
}

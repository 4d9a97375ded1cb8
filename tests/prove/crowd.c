/* The crowd: processes that use the table at random while any of them is killed or stopped at any moment.
 *
 *   crowd [--kills N] [--seed N] [--first]
 *
 * The controller plays the master: it forks, kills, reaps, marks the dead in the process table and forks successors.
 * The actors check what they see (actors.h); the controller checks the invariants from outside, and at the end of each
 * round everything accepted must have come to its end. The seed fixes every choice, not the moment in which a signal
 * lands. */
#include "base/clock.h"
#include "tests/prove/actors.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 8
#define REST_SECONDS 20
#define AIM_TRIES    20

enum role { WORKER, RUNNER, JANITOR, OBSERVER, METER };

struct child {
    enum role role;
    pid_t pid;
    struct proc_ref ref;
};

/* Who is there in a round. The meter is neither killed nor stopped: it measures. */
struct lineup {
    const char *name;
    uint32_t slots;
    unsigned workers, runners, observers; /* and one janitor */
};

static const struct lineup lineups[] = {
    {"3 processes, 8 slots", 8, 1, 1, 0},
    {"5 processes, 16 slots", 16, 2, 2, 0},
    {"8 processes, 24 slots", 24, 3, 3, 1},
    {"8 processes, 200 slots", 200, 4, 2, 1},
};

#define LINEUPS ((unsigned)(sizeof lineups / sizeof lineups[0]))

struct round {
    const struct lineup *lineup;
    struct shm_segment *seg;
    struct ledger *ledger;
    struct child child[CHILDREN_MAX];
    struct child meter;
    unsigned children, kills, stops;
    uint64_t rng;
    bool stop_at_first;
};

static uint32_t dice(struct round *round, uint32_t below)
{
    round->rng = round->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(round->rng >> 33) % below;
}

/* --- a child --- */

static void act(struct actor *actor, enum role role)
{
    switch (role) {
    case WORKER:
        actor_work(actor);
        break;
    case RUNNER:
        actor_run(actor);
        break;
    case JANITOR:
        actor_settle(actor);
        break;
    case OBSERVER:
        actor_observe(actor);
        break;
    case METER:
        actor_meter(actor);
        break;
    }
}

static _Noreturn void live(struct round *round, const struct child *child)
{
    static struct sight sight[ACTOR_SLOTS];
    struct actor actor = {
        .seg = round->seg, .ledger = round->ledger, .me = child->ref, .rng = round->rng, .sight = sight};

    /* A controller that gives up leaves nobody behind. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    proctab_active(round->seg, child->ref);
    while (atomic_load_explicit(&round->ledger->stop, memory_order_relaxed) == 0 &&
           !(child->role == WORKER && atomic_load_explicit(&round->ledger->quiet, memory_order_relaxed) != 0))
        act(&actor, child->role);
    _exit(0);
}

static enum proc_kind kind_of(enum role role)
{
    return role == RUNNER ? PROC_RUNNER : role == JANITOR ? PROC_JANITOR : PROC_WORKER;
}

static void start(struct round *round, struct child *child, uint32_t index)
{
    /* The janitor may still have to settle the predecessors; it may itself be waiting for a stopped process. */
    for (int tries = 0; proctab_assign(round->seg, kind_of(child->role), index, &child->ref) != 0; tries++) {
        if (tries > 20000) {
            (void)printf("the dead of child %u are never settled\n", index);
            exit(1);
        }
        (void)usleep(1000);
    }
    (void)dice(round, 2); /* a life of its own: the child goes on from here */
    child->pid = fork();
    shm_insist(child->pid >= 0);
    if (child->pid == 0)
        live(round, child);
    proctab_set_pid(round->seg, child->ref, child->pid);
}

/* Never to pid 0, which is the whole process group. */
static void signal_child(const struct child *child, int signal)
{
    shm_insist(child->pid > 0 && kill(child->pid, signal) == 0);
}

static void bury(struct round *round, struct child *child)
{
    int status;

    shm_insist(waitpid(child->pid, &status, 0) == child->pid);
    proctab_dead(round->seg, child->ref, status);
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        ledger_accuse(round->ledger, "a child died of signal %d", WTERMSIG(status));
    child->pid = 0;
}

/* --- the controller --- */

static void check(struct round *round)
{
    char why[200] = "";

    if (!shm_table_check(round->seg, why, sizeof why))
        ledger_accuse(round->ledger, "%s", why);
}

/* Stop the victim, and again, until it is stopped with the lock in its hands: a blind kill finds it there once in
 * thirty times, and the repair is what is to be seen. */
static void stop_holding(struct round *round, const struct child *victim)
{
    int status;

    for (int try = 0; try < AIM_TRIES; try++) {
        signal_child(victim, SIGSTOP);
        shm_insist(waitpid(victim->pid, &status, WUNTRACED) == victim->pid && WIFSTOPPED(status));
        int word = *(volatile int *)&round->seg->lock->mutex.__data.__lock;
        if ((word & FUTEX_TID_MASK) == victim->pid)
            return;
        signal_child(victim, SIGCONT);
        (void)usleep(dice(round, 50));
    }
}

static void stop_a_while(struct round *round, const struct child *victim)
{
    signal_child(victim, SIGSTOP);
    (void)usleep(dice(round, 4000));
    if (dice(round, 2) == 0)
        signal_child(victim, SIGCONT);
    (void)usleep(dice(round, 300));
}

static void one_death(struct round *round)
{
    uint32_t index = dice(round, round->children);
    struct child *victim = &round->child[index];
    uint32_t manner = dice(round, 4);

    (void)usleep(dice(round, 1500));
    if (manner == 0)
        stop_a_while(round, victim);
    else if (manner == 1)
        stop_holding(round, victim);
    round->stops += manner <= 1;
    signal_child(victim, SIGKILL);
    bury(round, victim);
    if (dice(round, 3) == 0)
        check(round);
    start(round, victim, index);
    round->kills++;
}

/* Under the lock: on the way from one state to another a task is counted nowhere. */
static bool at_rest(struct round *round)
{
    uint32_t counted[TASK_STATES];

    if (shm_lock(round->seg) != 0)
        return false;
    shm_table_count(round->seg, counted);
    shm_unlock(round->seg);
    return counted[TASK_RESERVED] + counted[TASK_READY] + counted[TASK_CLAIMED] + counted[TASK_RUNNING] == 0;
}

static void bury_all(struct round *round, bool workers)
{
    for (unsigned i = 0; i < round->children; i++)
        if ((round->child[i].role == WORKER) == workers)
            bury(round, &round->child[i]);
}

/* No more tasks, no more deaths: everything comes to its end. */
static void come_to_rest(struct round *round)
{
    double until = clock_mono_s() + REST_SECONDS;

    atomic_store(&round->ledger->quiet, 1);
    bury_all(round, true);
    while (!at_rest(round) && clock_mono_s() < until)
        (void)usleep(1000);
    atomic_store(&round->ledger->stop, 1);
    bury_all(round, false);
    bury(round, &round->meter);
    check(round);
    ledger_audit(round->ledger, round->seg);
}

static void cast(struct round *round)
{
    const struct lineup *lineup = round->lineup;

    for (unsigned i = 0; i < lineup->workers; i++)
        round->child[round->children++].role = WORKER;
    for (unsigned i = 0; i < lineup->runners; i++)
        round->child[round->children++].role = RUNNER;
    for (unsigned i = 0; i < lineup->observers; i++)
        round->child[round->children++].role = OBSERVER;
    round->child[round->children++].role = JANITOR;
    for (unsigned i = 0; i < round->children; i++)
        start(round, &round->child[i], i);
    round->meter.role = METER;
    start(round, &round->meter, CHILDREN_MAX);
}

static void print_round(const struct round *round, double took)
{
    struct ledger *ledger = round->ledger;

    (void)printf(
        "%-26s %8u %8u %8llu %8u %8.1f   %llu operations, %u tasks, longest poll hit %.2f ms (%.2f ms of CPU)\n",
        round->lineup->name, round->kills, round->stops, (unsigned long long)shm_lock_recoveries(round->seg),
        atomic_load(&ledger->violations), took, (unsigned long long)atomic_load(&ledger->operations),
        atomic_load(&ledger->next_number) - 1, (double)atomic_load(&ledger->longest_hit_ns) / 1e6,
        (double)atomic_load(&ledger->longest_hit_cpu_ns) / 1e6);
    if (atomic_load(&ledger->violations) != 0)
        (void)printf("  first: %s\n", ledger->why);
    (void)fflush(stdout);
}

static unsigned play(struct round *round, unsigned kills)
{
    const struct shm_geometry geometry = {
        .slots = round->lineup->slots, .procs = 4 * (CHILDREN_MAX + 1), .types = ACTOR_TYPES, .type_limit = {0, 2, 1}};
    double begin = clock_mono_s();

    shm_insist(shm_segment_new(&geometry, &round->seg) == 0);
    round->ledger = ledger_new();
    cast(round);
    while (round->kills < kills && !(round->stop_at_first && atomic_load(&round->ledger->violations) != 0))
        one_death(round);
    come_to_rest(round);
    print_round(round, clock_mono_s() - begin);
    unsigned violations = atomic_load(&round->ledger->violations);
    ledger_free(&round->ledger);
    shm_segment_free(&round->seg);
    return violations;
}

int main(int argc, char **argv)
{
    unsigned kills = 2000, violations = 0;
    uint64_t seed = 1;
    bool stop_at_first = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--kills") == 0 && i + 1 < argc)
            kills = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--first") == 0)
            stop_at_first = true;
    }
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    (void)printf("%-26s %8s %8s %8s %8s %8s\n", "crowd", "kills", "stops", "recov.", "violat.", "seconds");
    for (size_t i = 0; i < LINEUPS && !(stop_at_first && violations != 0); i++) {
        struct round round = {.lineup = &lineups[i], .rng = seed * LINEUPS + i, .stop_at_first = stop_at_first};
        violations += play(&round, (kills + LINEUPS - 1) / LINEUPS);
    }
    return violations == 0 ? 0 : 1;
}

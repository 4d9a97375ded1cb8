/* The single-step proof: every operation, killed at every instruction, judged by another process after each death; and
 * every reader, overtaken by writers at every instruction (readers.h).
 *
 *   step [--quick] [--seed N] [--first] [NAME]
 *
 * --quick kills where shared memory or the robust list changed since the last kill point: between two such points a
 * death leaves the same bytes behind. Without it every instruction is a kill point. --first stops at the first
 * violation. */
#include "base/clock.h"
#include "tests/prove/readers.h"
#include "tests/prove/stepper.h"
#include "tests/prove/world.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WHY_SIZE 300

struct run {
    bool quick, stop_at_first;
    uint64_t seed;
    char *why; /* shared with the judges */
    unsigned instructions, kill_points, judged, recoveries, violations;
};

/* What a scenario goes through. */
struct trial {
    struct run *run;
    const struct scenario *scenario;
    struct world *world;
    char *memory;  /* shared memory as the traced process left it */
    char *changed; /* as it was at the last kill point */
    char *remains; /* what the last death that was judged left behind, and its verdict */
    int verdict;
    struct judge_server judge;
    uint64_t robust[2];
    bool after_seen;
    unsigned instructions, kill_points, judged, recoveries, violations;
};

static void keep(const struct trial *trial, char *copy)
{
    memcpy(copy, trial->world->seg->header, trial->world->seg->bytes);
}

static void put_back(const struct trial *trial, const char *copy)
{
    memcpy(trial->world->seg->header, copy, trial->world->seg->bytes);
}

static void operate(void *ctx)
{
    struct trial *trial = ctx;

    trial->scenario->operation(trial->world);
}

static int as_expected(void *ctx)
{
    const struct trial *trial = ctx;

    return trial->world->result == trial->world->expect_result ? 0 : 1;
}

/* The contents after an operation that nobody interrupts, and whether it says what the set-up expects. */
static bool take_after(struct trial *trial)
{
    int status;

    keep(trial, trial->memory);
    pid_t child = fork();
    shm_insist(child >= 0);
    if (child == 0) {
        operate(trial);
        _exit(as_expected(trial));
    }
    shm_insist(waitpid(child, &status, 0) == child);
    image_take(trial->world->seg, &trial->world->after);
    put_back(trial, trial->memory);
    return status == 0;
}

/* --- one kill point --- */

static void complain(struct trial *trial, const char *why)
{
    trial->violations++;
    (void)printf("  %s, instruction %u: %s\n", trial->scenario->name, trial->instructions, why);
}

static void take_verdict(struct trial *trial, int verdict)
{
    if (verdict == JUDGED_BEFORE + JUDGED_RECOVERED || verdict == JUDGED_AFTER + JUDGED_RECOVERED) {
        trial->recoveries++;
        verdict -= JUDGED_RECOVERED;
    }
    if (verdict != JUDGED_BEFORE && verdict != JUDGED_AFTER)
        complain(trial, trial->run->why);
    else if (verdict == JUDGED_BEFORE && trial->after_seen)
        complain(trial, "the change was visible at an earlier instruction and is not now");
    trial->after_seen = trial->after_seen || verdict == JUDGED_AFTER;
}

/* The process is stopped and alive. Its memory is put back, since a time-out leaves its mark in the futex word. */
static void look_beside(struct trial *trial)
{
    int verdict;

    keep(trial, trial->memory);
    verdict = judge_ask(&trial->judge, true);
    put_back(trial, trial->memory);
    if (verdict != JUDGED_BEFORE && verdict != JUDGED_AFTER)
        complain(trial, trial->run->why);
}

/* A death that leaves the bytes of the last one gets the verdict of the last one. */
static void ask_judge(struct trial *trial)
{
    const struct shm_segment *seg = trial->world->seg;

    if (trial->verdict == 0 || memcmp(trial->remains, seg->header, seg->bytes) != 0) {
        keep(trial, trial->remains);
        trial->judged++;
        trial->verdict = judge_ask(&trial->judge, false);
    }
    take_verdict(trial, trial->verdict);
}

static void kill_here(struct trial *trial, pid_t traced)
{
    trial->kill_points++;
    keep(trial, trial->memory);
    stepper_kill_copy(traced);
    ask_judge(trial);
    put_back(trial, trial->memory);
}

/* Slots and derived state change only in the hands of the lock's holder. */
static void insist_on_lock(struct trial *trial, pid_t traced)
{
    const struct shm_segment *seg = trial->world->seg;
    size_t table = (size_t)((const char *)seg->derived - (const char *)seg->header);
    int word = *(volatile int *)&seg->lock->mutex.__data.__lock;

    if (trial->instructions > 0 && (trial->scenario->flags & HINTS) == 0 && (word & FUTEX_TID_MASK) != traced &&
        memcmp(trial->changed + table, seg->derived, seg->bytes - table) != 0)
        complain(trial, "the table was changed without the lock");
}

static bool something_changed(struct trial *trial, pid_t traced)
{
    uint64_t robust[2];
    const struct shm_segment *seg = trial->world->seg;

    stepper_robust(traced, robust);
    insist_on_lock(trial, traced);
    if (memcmp(robust, trial->robust, sizeof robust) == 0 && memcmp(trial->changed, seg->header, seg->bytes) == 0)
        return false;
    memcpy(trial->robust, robust, sizeof robust);
    keep(trial, trial->changed);
    return true;
}

/* --- one scenario --- */

static void step_through(struct trial *trial)
{
    pid_t traced = stepper_start(operate, as_expected, trial, &trial->world->seg->lock->mutex);

    do {
        bool changed = something_changed(trial, traced);
        if (changed)
            look_beside(trial);
        if (changed || !trial->run->quick)
            kill_here(trial, traced);
        if (trial->run->stop_at_first && trial->violations > 0)
            break;
        trial->instructions++;
    } while (stepper_step(traced));
    if (trial->violations == 0 || !trial->run->stop_at_first) {
        kill_here(trial, traced);
        shm_insist(stepper_finish(traced) == 0);
        ask_judge(trial); /* nobody died */
    }
    (void)kill(traced, SIGKILL);
    (void)waitpid(traced, NULL, __WALL);
}

static void trial_run(struct trial *trial)
{
    trial->scenario->setup(trial->world);
    image_take(trial->world->seg, &trial->world->before);
    if (!take_after(trial))
        complain(trial, "uninterrupted, it does not return what it should");
    else
        step_through(trial);
}

static void trial_init(struct trial *trial, struct world *world)
{
    world_init(world, trial->run->seed);
    trial->world = world;
    trial->judge = (struct judge_server){
        .world = world, .flags = trial->scenario->flags, .why = trial->run->why, .why_size = WHY_SIZE};
    trial->memory = malloc(world->seg->bytes);
    trial->changed = calloc(1, world->seg->bytes);
    trial->remains = calloc(1, world->seg->bytes);
    shm_insist(trial->memory && trial->changed && trial->remains);
}

static void trial_fini(struct trial *trial)
{
    judge_stop(&trial->judge);
    free(trial->memory);
    free(trial->changed);
    free(trial->remains);
    shm_segment_free(&trial->world->seg);
}

static void print_row(const char *name, unsigned instructions, unsigned kill_points, unsigned judged,
                      unsigned recoveries, unsigned violations, double took)
{
    (void)printf("%-26s %8u %8u %8u %8u %8u %8.1f\n", name, instructions, kill_points, judged, recoveries, violations,
                 took);
    (void)fflush(stdout);
}

static void scenario_run(struct run *run, const struct scenario *scenario)
{
    static struct world world;
    struct trial trial = {.run = run, .scenario = scenario};
    double start = clock_mono_s();

    trial_init(&trial, &world);
    trial_run(&trial);
    print_row(scenario->name, trial.instructions, trial.kill_points, trial.judged, trial.recoveries, trial.violations,
              clock_mono_s() - start);
    run->instructions += trial.instructions;
    run->kill_points += trial.kill_points;
    run->judged += trial.judged;
    run->recoveries += trial.recoveries;
    run->violations += trial.violations;
    trial_fini(&trial);
}

static bool wanted(const char *only, const char *name)
{
    return !only || strstr(name, only);
}

static void run_all(struct run *run, const char *only)
{
    double start = clock_mono_s();

    (void)printf("%-26s %8s %8s %8s %8s %8s %8s\n", run->quick ? "killed at each store" : "killed at each instr.",
                 "instr.", "kills", "judged", "recov.", "violat.", "seconds");
    for (unsigned i = 0; i < scenario_count; i++) {
        if (wanted(only, scenarios[i].name))
            scenario_run(run, &scenarios[i]);
        if (run->stop_at_first && run->violations > 0)
            break;
    }
    if (wanted(only, "readers") && !(run->stop_at_first && run->violations > 0))
        run->violations += readers_interrupted(run->seed, run->quick);
    print_row("all", run->instructions, run->kill_points, run->judged, run->recoveries, run->violations,
              clock_mono_s() - start);
}

int main(int argc, char **argv)
{
    struct run run = {.seed = 1};
    const char *only = NULL, *reason;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            run.quick = true;
        else if (strcmp(argv[i], "--first") == 0)
            run.stop_at_first = true;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            run.seed = strtoull(argv[++i], NULL, 10);
        else
            only = argv[i];
    }
    if (!stepper_works(&reason)) {
        (void)printf("skipped: %s\n", reason);
        return 77;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a judge that died of what it saw */
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    run.why = mmap(NULL, WHY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shm_insist(run.why != MAP_FAILED);
    run_all(&run, only);
    return run.violations == 0 && run.kill_points > 0 ? 0 : 1;
}

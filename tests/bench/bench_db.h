/* Benchmarks against a real server: the cost of one thing, in time and in CPU of the server and of this process
 * together, and ratios of two things that are measured side by side.
 *
 * On a quiet machine the time counts. The CPU hardly depends on what else runs: on a busy machine it shows which of
 * the two did more. */
#ifndef PF_BENCH_DB_H
#define PF_BENCH_DB_H

#include "base/clock.h"
#include "tests/unit/price_job.h"

#include <time.h>

#include <sys/resource.h>

enum { BENCH_ROUNDS_MAX = 15 };

/* Seconds. */
struct bench_cost {
    double time, cpu;
};

static inline double bench_own_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* User and system time of the server's process. */
static inline double bench_server_cpu(void)
{
    char path[4096], stat[1024] = "";
    char *pid_file = price_text("SELECT @@pid_file");
    long pid = 0;
    unsigned long user = 0, kernel = 0;
    FILE *file = fopen(pid_file, "r");
    if (!file || fscanf(file, "%ld", &pid) != 1)
        fail_msg("%s cannot be read", pid_file);
    fclose(file);
    free(pid_file);
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "r");
    if (!file || !fgets(stat, sizeof stat, file))
        fail_msg("%s cannot be read", path);
    fclose(file);
    sscanf(strrchr(stat, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static inline struct bench_cost bench_start(void)
{
    double cpu = bench_server_cpu() + bench_own_cpu();
    return (struct bench_cost){clock_mono_s(), cpu};
}

static inline struct bench_cost bench_stop(struct bench_cost start)
{
    double end = clock_mono_s();
    return (struct bench_cost){end - start.time, bench_server_cpu() + bench_own_cpu() - start.cpu};
}

static inline struct bench_cost bench_sum(struct bench_cost a, struct bench_cost b)
{
    return (struct bench_cost){a.time + b.time, a.cpu + b.cpu};
}

/* ---- Statements ------------------------------------------------------------------------------------------------ */

/* A statement with numbers in it; the format is a constant of the benchmark. */
static inline void bench_sql(const char *format, unsigned a, unsigned b)
{
    char text[4000];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, a, b);
#pragma GCC diagnostic pop
    price_must(store_exec(&look, text, NULL));
}

static inline struct bench_cost bench_statement(const char *sql)
{
    struct bench_cost start = bench_start();
    price_must(store_exec(&look, sql, NULL));
    return bench_stop(start);
}

/* The same settings for both sides: everything fits in memory, every commit is durable. */
static inline void bench_make_server_roomy(void)
{
    price_sql("SET GLOBAL innodb_buffer_pool_size = 1073741824");
    price_sql("SET GLOBAL innodb_log_file_size = 1073741824");
    price_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
}

/* Waits until the server has purged and written what earlier statements left, so that the next one does not pay for
 * it. */
static inline void bench_settle(void)
{
    price_sql("SET GLOBAL innodb_max_dirty_pages_pct_lwm = 0.001, GLOBAL innodb_max_dirty_pages_pct = 0");
    for (unsigned i = 0; i < 600; i++) {
        if (price_number("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
                         "'INNODB_BUFFER_POOL_PAGES_DIRTY'") < 100 &&
            price_number("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
                         "'INNODB_HISTORY_LIST_LENGTH'") < 100)
            break;
        usleep(50000);
    }
    price_sql("SET GLOBAL innodb_max_dirty_pages_pct = 90, GLOBAL innodb_max_dirty_pages_pct_lwm = 0");
}

/* A connection that may send files. Closed by the caller. */
static inline MYSQL *bench_loader(void)
{
    const struct store_config *config = fixture_config();
    unsigned on = 1;
    MYSQL *raw = mysql_init(NULL);
    mysql_options(raw, MYSQL_OPT_LOCAL_INFILE, &on);
    mysql_options(raw, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (!mysql_real_connect(raw, NULL, config->user, NULL, config->name, 0, config->socket, 0))
        fail_msg("%s", mysql_error(raw));
    return raw;
}

/* LOAD DATA LOCAL of a file that OUTFILE wrote; `columns` "" or "(a, b)". */
static inline struct bench_cost bench_load(MYSQL *raw, const char *path, const char *table, const char *columns)
{
    char text[1000];
    snprintf(text, sizeof text, "LOAD DATA LOCAL INFILE '%s' INTO TABLE %s CHARACTER SET utf8mb4 %s", path, table,
             columns);
    struct bench_cost start = bench_start();
    if (mysql_query(raw, text) != 0)
        fail_msg("%s: %s", text, mysql_error(raw));
    return bench_stop(start);
}

/* ---- Ours ------------------------------------------------------------------------------------------------------ */

/* Run a task to its end; `key` of its result must be `wanted`. */
static inline struct bench_cost bench_task(const struct task_type *type, const char *params, const char *path,
                                           const char *key, int64_t wanted)
{
    struct import_job test;
    import_job_init(&test, type, params, path);
    test.settings.max_rows = 2000000; /* a heading comes on top of the rows that are measured */
    struct bench_cost start = bench_start();
    price_must_end(&test, type);
    struct bench_cost cost = bench_stop(start);
    if (test.outcome != OUTCOME_SUCCEEDED)
        fail_msg("%s: %s %s", type->name, test.error_code, test.error);
    if (import_count(&test, key) != wanted)
        fail_msg("%s: %s is %lld", type->name, key, (long long)import_count(&test, key));
    import_job_fini(&test);
    return cost;
}

/* ---- Report ---------------------------------------------------------------------------------------------------- */

static inline int bench_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double bench_median(const double *values, unsigned n)
{
    double sorted[BENCH_ROUNDS_MAX];
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, bench_ascending);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Rounds of one comparison. */
struct bench_pair {
    struct bench_cost ours[BENCH_ROUNDS_MAX], theirs[BENCH_ROUNDS_MAX];
    unsigned n;
};

static inline void bench_add(struct bench_pair *pair, struct bench_cost ours, struct bench_cost theirs)
{
    pair->ours[pair->n] = ours;
    pair->theirs[pair->n++] = theirs;
}

/* Medians over the rounds; ratios within a round. Returns whether the ratio of time is within the goal. */
static inline bool bench_report(const struct bench_pair *pair, const char *what, const char *yardstick, double goal)
{
    double ours[BENCH_ROUNDS_MAX], theirs[BENCH_ROUNDS_MAX], time[BENCH_ROUNDS_MAX], cpu[BENCH_ROUNDS_MAX];
    for (unsigned i = 0; i < pair->n; i++) {
        ours[i] = pair->ours[i].time;
        theirs[i] = pair->theirs[i].time;
        time[i] = ours[i] / theirs[i];
        cpu[i] = pair->ours[i].cpu / pair->theirs[i].cpu;
    }
    double ratio = bench_median(time, pair->n);
    bool reached = ratio <= goal;
    printf("%-44s %7.2f s   %s %.2f s   ratio %.2f (goal %.2f%s)   CPU ratio %.2f\n", what, bench_median(ours, pair->n),
           yardstick, bench_median(theirs, pair->n), ratio, goal, reached ? "" : ": MISSED",
           bench_median(cpu, pair->n));
    fflush(stdout);
    return reached;
}

static inline bool bench_report_memory(const char *what)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    bool reached = usage.ru_maxrss <= 131072;
    printf("%-44s %7.1f MiB (goal 128%s)\n", what, (double)usage.ru_maxrss / 1024, reached ? "" : ": MISSED");
    return reached;
}

#endif

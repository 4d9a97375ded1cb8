/* The last answer of /api/operation, and what follows from several of them. */
#ifndef PF_TOP_PICTURE_H
#define PF_TOP_PICTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <yajl/yajl_tree.h>

#define TOP_TASKS    256
#define TOP_ENDED_MS 60000 /* so long an ended task stays */
#define TOP_SAMPLES  8

struct top_task {
    char id[37], type[33], who[65], what[160], message[160], state[32];
    bool running, waiting, failed; /* none: it has ended well */
    unsigned progress;
    int64_t done, total;       /* rows; -1 = not known */
    int64_t rate;              /* rows a second; 0 = not told */
    int64_t left_s;            /* -1 = not told */
    int64_t began_ms, done_ms; /* of the server; 0 = not yet */
    int runner;                /* -1 = none */
    struct {
        int64_t at_ms, done;
    } sample[TOP_SAMPLES];
    unsigned n_samples;
    bool seen; /* in the last answer */
};

struct picture {
    yajl_val json;          /* NULL until there was one */
    int64_t now_ms, got_ms; /* the server's clock, ours (monotonic) */
    char away[160];         /* why the server cannot be asked, or "" */
    struct top_task task[TOP_TASKS];
    unsigned n;
    unsigned running, waiting, failed; /* failed: among those that are shown */
    double started_min, ended_min, polls_s;
    int64_t unchanged_percent; /* of the polls */
    struct {
        int64_t at_ms, started, ended, requests, unchanged;
    } total[64];
    unsigned n_totals;
};

/* Takes an answer. Returns false if it is not one. */
bool picture_take(struct picture *picture, const char *body);
/* Takes full views of tasks. */
void picture_details(struct picture *picture, const char *body);
void picture_fini(struct picture *picture);

#endif

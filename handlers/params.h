/* Parameters of a task: one table per type describes them; the check, the canonical form, the error messages and the
 * API document come from it.
 *
 * Checked in the worker, all faults at once. The canonical form is JSON with every parameter present (defaults filled
 * in), in the table's order: what the journal stores and the handler reads, so that a handler checks nothing twice. */
#ifndef PF_HANDLERS_PARAMS_H
#define PF_HANDLERS_PARAMS_H

#include "base/json.h"

enum param_kind {
    PARAM_STRING,  /* UTF-8, 1..max bytes (0 with may_be_empty), no control characters */
    PARAM_BOOL,    /* true/false; in forms and queries also 1/0 */
    PARAM_INT,     /* whole number, min..max */
    PARAM_DECIMAL, /* text or number, min..max given in units of 10^-scale; canonical as text with no surplus zeros */
    PARAM_DATE,    /* YYYY-MM-DD, a real day */
    PARAM_CHOICE,  /* one of `choices` */
    PARAM_STRINGS, /* list of strings (in forms and queries: comma separated), at most max items */
    PARAM_OWN,     /* JSON of a form of its own, by `own` (in forms and queries: its JSON text) */
    PARAM_MAP      /* object with some of `choices` as names and strings of at most max bytes (in forms and queries: its
                    * JSON text) */
};

struct param_faults;
/* Is the parameter one of those that imports save under a name (handlers/profiles)? */
enum param_saved {
    SAVED = 0,      /* also when a task's parameters are saved */
    SAVED_IF_NAMED, /* it is of one run, unless people say otherwise: a day, a dry run */
    NOT_SAVED
};

struct param_spec {
    const char *name;
    enum param_kind kind;
    bool required;
    bool may_be_empty;          /* STRING */
    const char *otherwise;      /* default as canonical JSON text ("\"replace\"", "false", "50"); NULL = null */
    int64_t min, max;           /* by kind; both 0 = unlimited (strings: 255 bytes, lists: 10 000 items) */
    unsigned scale;             /* DECIMAL */
    const char *const *choices; /* CHOICE, MAP: NULL-terminated */
    /* OWN: writes the canonical form of a value that was sent, or adds its faults with pointers below the parameter's
     * ("/fixes/3/row") and returns false; the name of the schema in the API document; an example of its text. */
    bool (*own)(const struct param_spec *spec, yajl_val value, struct json_out *out, struct param_faults *faults);
    const char *schema, *example;
    enum param_saved saved;
    const char *help; /* one sentence for people and the API document */
};

/* One fault of a request. */
struct param_fault {
    char pointer[96]; /* JSON pointer into the parameters: "/mode" */
    char detail[500]; /* "must be one of replace, merge"; room for every name of the largest type */
    char code[32];    /* "required", "unknown", "type", "range", "choice", "unknown-warehouse" … */
    /* What the detail says, as base/facts.h has it: facts, and values that are allowed, one a line. */
    char facts[320], allowed[500];
};
struct param_faults {
    unsigned n; /* at most PARAM_FAULTS_MAX are kept */
    bool full;  /* the last one was not */
#define PARAM_FAULTS_MAX 32
    struct param_fault fault[PARAM_FAULTS_MAX];
};
void param_faults_add(struct param_faults *faults, const char *pointer, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds one of another list, with all that it tells. */
void param_faults_copy(struct param_faults *faults, const struct param_fault *fault);
/* For the fault that was added last, if it was kept: a fact of its detail, and a value that would be allowed. */
void param_faults_fact(struct param_faults *faults, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void param_faults_allow(struct param_faults *faults, const char *value);
/* Facts that many faults have: the value that was sent; the form that is expected ("moment", "id"); the bound that it
 * passes, and in what it is counted ("characters", "bytes", "items"). */
void param_faults_value(struct param_faults *faults, const char *value);
void param_faults_expect(struct param_faults *faults, const char *form);
void param_faults_max(struct param_faults *faults, int64_t max, const char *unit);
/* Several, one a line. */
void param_faults_allow_all(struct param_faults *faults, const char *values);
/* Puts `prefix` before the pointers of the faults from number `from` on: a check makes them relative to the parameters,
 * which may be a member of the request. */
void param_faults_prefix(struct param_faults *faults, unsigned from, const char *prefix);

/* What a value of the parameter looks like, for param_faults_expect(): "boolean", "date" … */
const char *param_form(const struct param_spec *spec);

/* A raw parameter from a form or a query string. */
struct param_raw {
    const char *name; /* decoded, terminated */
    const char *value;
};

/* Check the parameters and return their canonical form. From JSON: `object` is an object, or NULL for "all defaults".
 * From text: n raw pairs. Unknown names, wrong types, values out of range and missing required ones are all reported.
 * Returns the heap JSON text, or NULL with faults. */
char *params_from_json(const struct param_spec *specs, yajl_val object, struct param_faults *faults);
char *params_from_text(const struct param_spec *specs, const struct param_raw *raw, size_t n,
                       struct param_faults *faults);
/* The same, but they never return NULL: a parameter with a fault is null. For callers that look for further faults in
 * the other parameters. */
char *params_usable_json(const struct param_spec *specs, yajl_val object, struct param_faults *faults);
char *params_usable_text(const struct param_spec *specs, const struct param_raw *raw, size_t n,
                         struct param_faults *faults);

/* The same, but only what is given is written, and nothing is required. NULL with faults. */
char *params_given_json(const struct param_spec *specs, yajl_val object, struct param_faults *faults);
char *params_given_text(const struct param_spec *specs, const struct param_raw *raw, size_t n,
                        struct param_faults *faults);
/* Two objects of parameters as one, heap JSON: where both have a member, that of `over` is taken. */
char *params_over(yajl_val base, yajl_val over);

#endif

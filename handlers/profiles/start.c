/* A profile under a request. */
#include "handlers/profiles/start.h"

#include "base/facts.h"
#include "handlers/profiles/profiles.h"
#include "store/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_DEPTH = 8, KNOWN_PROFILES = 10 };

bool profile_may_name(const struct task_type *type)
{
    for (const struct param_spec *spec = type->params; spec->name; spec++)
        if (strcmp(spec->name, "profile") == 0)
            return true;
    return false;
}

static yajl_val parsed(const char *text)
{
    char why[80];
    yajl_val tree = json_parse(text, strlen(text), PARAMS_DEPTH, why, sizeof why);
    if (!tree)
        abort(); /* both texts are our own */
    return tree;
}

/* ---- The profile ------------------------------------------------------------------------------------------------- */

static int on_profile(const struct store_value *v, unsigned n, void *ctx)
{
    yajl_val *values = ctx;
    (void)n;
    *values = parsed(v[0].text);
    return 0;
}

struct known_names {
    unsigned n;
    char list[400], lines[400];
};

static int on_name(const struct store_value *v, unsigned n, void *ctx)
{
    struct known_names *known = ctx;
    size_t used = strlen(known->list);
    (void)n;
    if (known->n++ < KNOWN_PROFILES && used + v[0].len + 3 < sizeof known->list)
        snprintf(known->list + used, sizeof known->list - used, "%s%s", used ? ", " : "", v[0].text);
    facts_add_value(known->lines, sizeof known->lines, v[0].text);
    return 0;
}

static int tell_unknown(struct store_conn *conn, const char *type, const char *name, struct param_faults *faults)
{
    struct known_names known = {.n = 0};
    struct store_value v = STORE_S(type);
    if (store_query(conn, "SELECT name FROM import_profile WHERE type = ? ORDER BY name LIMIT 11", &v, 1, on_name,
                    &known) != 0)
        return -1;
    if (known.n == 0)
        param_faults_add(faults, "/profile", "unknown-profile", "there is no profile «%s», nor any other of %s", name,
                         type);
    else
        param_faults_add(faults, "/profile", "unknown-profile", "unknown profile «%s»; there are: %s%s", name,
                         known.list, known.n > KNOWN_PROFILES ? ", …" : "");
    param_faults_value(faults, name);
    param_faults_allow_all(faults, known.n <= KNOWN_PROFILES ? known.lines : "");
    return 0;
}

/* ---- The start --------------------------------------------------------------------------------------------------- */

int profile_precheck(struct store_conn *conn, const struct task_type *type, yajl_val params,
                     struct param_faults *faults)
{
    struct param_faults all = {.n = 0};
    char name[sizeof all.fault[0].pointer];
    if (!type->precheck)
        return 0;
    int rc = type->precheck(conn, params, &all);
    if (rc < 0 || rc > 1) { /* one sentence says all */
        faults->n = 0;
        for (unsigned i = 0; i < all.n; i++)
            param_faults_copy(faults, &all.fault[i]);
        return rc;
    }
    for (unsigned i = 0; i < all.n; i++) {
        const struct param_fault *fault = &all.fault[i];
        snprintf(name, sizeof name, "%s", fault->pointer[0] ? fault->pointer + 1 : "");
        name[strcspn(name, "/")] = '\0';
        yajl_val value = json_member(params, name);
        if (value && !YAJL_IS_NULL(value))
            param_faults_copy(faults, fault);
    }
    return faults->n > 0;
}

/* Of catalogue imports: columns of one table mean nothing to another. */
static void tell_other_table(yajl_val values, yajl_val request, struct param_faults *faults)
{
    const char *saved = json_member_string(values, "table", NULL), *asked = json_member_string(request, "table", NULL);
    if (!saved || !asked || strcmp(saved, asked) == 0)
        return;
    param_faults_add(faults, "/profile", "conflict", "the profile is of the table %s", saved);
    param_faults_fact(faults, "with", "table");
}

static char *merged(const struct task_type *type, yajl_val values, yajl_val given, struct param_faults *faults)
{
    struct param_faults none = {.n = 0};
    char *text = values ? params_over(values, given) : NULL;
    yajl_val whole = text ? parsed(text) : NULL;
    /* What an unknown profile would have given is not missing. */
    char *params = params_usable_json(type->params, whole ? whole : given, values ? faults : &none);
    yajl_tree_free(whole);
    free(text);
    return params;
}

int profile_resolve(struct store_conn *conn, const struct task_type *type, const char *given, char **params,
                    struct param_faults *faults)
{
    yajl_val request = parsed(given), values = NULL;
    const char *name = json_member_string(request, "profile", "");
    struct store_value v[] = {STORE_S(name), STORE_S(type->name)};
    *params = NULL;
    int rc =
        store_query(conn, "SELECT params FROM import_profile WHERE name = ? AND type = ?", v, 2, on_profile, &values);
    if (rc == 0 && !values)
        rc = tell_unknown(conn, type->name, name, faults);
    if (rc == 0 && values)
        tell_other_table(values, request, faults);
    if (rc == 0) {
        *params = merged(type, values, request, faults);
        yajl_val whole = parsed(*params);
        rc = profile_precheck(conn, type, whole, faults);
        yajl_tree_free(whole);
    }
    yajl_tree_free(values);
    yajl_tree_free(request);
    return rc == 0 ? faults->n > 0 : rc;
}

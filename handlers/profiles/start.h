/* Profiles at a start: their values come under those of the request. */
#ifndef PF_PROFILES_START_H
#define PF_PROFILES_START_H

#include "handlers/task_type.h"
#include "store/conn.h"

/* May a start of this type name a profile? */
bool profile_may_name(const struct task_type *type);
/* `given`: what the request says, as params_given_text() writes it, with `profile`. Sets *params to the canonical
 * parameters, heap, with null for what has a fault: the profile is unknown or of another type, a required parameter is
 * missing. Runs the type's precheck too. Returns as a precheck. */
int profile_resolve(struct store_conn *conn, const struct task_type *type, const char *given, char **params,
                    struct param_faults *faults);
/* The type's precheck of some parameters: only what is wrong with those that are given is told. */
int profile_precheck(struct store_conn *conn, const struct task_type *type, yajl_val params,
                     struct param_faults *faults);

#endif

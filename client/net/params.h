/* The parameters of a start, by their names in the API: as a JSON object, or as a query beside a file. */
#ifndef PF_NET_PARAMS_H
#define PF_NET_PARAMS_H

#include "base/bytes.h"
#include "client/core/cli.h"

#define PARAMS_MOST 64

struct params {
    struct {
        char *name, *value;
        bool raw; /* already JSON */
    } list[PARAMS_MOST];
    unsigned n;
};

/* Copies both. A name that is there already gets the new value. */
void params_add(struct params *params, const char *name, const char *value);
void params_add_raw(struct params *params, const char *name, const char *json);
/* Every option of the command that names a parameter, then each --set. Whole numbers, true, false, null, lists and
 * objects are taken as JSON, the rest as text. Returns CLI_DONE, or CLI_USAGE after a message. */
int params_take(struct params *params, const struct cli *cli);
const char *params_value(const struct params *params, const char *name);
/* {"name":…} */
void params_json(const struct params *params, struct bytes *out);
/* "name=value&…", escaped. */
void params_query(const struct params *params, struct bytes *out);
void params_copy(struct params *to, const struct params *from);
void params_fini(struct params *params);

#endif

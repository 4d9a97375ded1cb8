/* Filters of lists. */
#include "handlers/read/filters.h"

#include "handlers/values/partnum.h"

#include <stdlib.h>
#include <string.h>

const char *filter_pattern(char out[FILTER_PATTERN_BYTES], const char *text, bool anywhere)
{
    size_t used = 0;
    if (anywhere)
        out[used++] = '%';
    for (; *text; text++) {
        if (*text == '%' || *text == '_' || *text == '\\')
            out[used++] = '\\';
        out[used++] = *text;
    }
    out[used++] = '%';
    out[used] = '\0';
    return out;
}

static int on_id(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(uint32_t *)ctx = (uint32_t)strtoul(v[0].text, NULL, 10);
    return 0;
}

int filter_lot(struct store_conn *conn, const char *code, uint32_t *id, struct param_faults *faults)
{
    char norm[PN_BYTES];
    *id = 0;
    if (!code)
        return 0;
    if (pn_normalise(code, strlen(code), norm, NULL) == PN_OK) {
        struct store_value v = STORE_S(norm);
        if (store_query(conn, "SELECT id FROM component WHERE lot_norm = ?", &v, 1, on_id, id) != 0)
            return -1;
    }
    if (*id == 0) {
        param_faults_add(faults, "/lot", "unknown-lot", "no component has this lot code");
        param_faults_value(faults, code);
    }
    return 0;
}

void filter_number(const char *text, const char *pointer, char norm[], struct param_faults *faults)
{
    norm[0] = '\0';
    enum pn_status status = text ? pn_normalise(text, strlen(text), norm, NULL) : PN_OK;
    if (status == PN_OK)
        return;
    param_faults_add(faults, pointer, pn_status_code(status),
                     "is not a part number: it needs 1 to 64 letters and digits");
    if (status == PN_LONG)
        param_faults_max(faults, PN_MAX, "characters");
}

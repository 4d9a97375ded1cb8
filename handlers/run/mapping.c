/* A question with its columns. */
#include "handlers/run/mapping.h"

void run_tell_mapping(struct job_ending *ending, const struct table_shown *shown, const struct table_fit *fit)
{
    struct json_out out;
    size_t n;
    if (shown->sheets->n == 0)
        return;
    json_out_init(&out);
    json_object(&out);
    json_key(&out, "mapping");
    table_put_mapping(&out, shown, fit);
    json_object_end(&out);
    const char *text = json_out_text(&out, &n);
    job_ending_more(ending, text, n);
    json_out_fini(&out);
}

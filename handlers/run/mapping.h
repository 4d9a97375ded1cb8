/* The mapping of a file whose import ended with a question: which columns there are, beside the question. */
#ifndef PF_RUN_MAPPING_H
#define PF_RUN_MAPPING_H

#include "handlers/job.h"
#include "handlers/table/mapping.h"

/* Adds the member `mapping` to the end of a failed task, if its file was read so far as to know its
 * sheets. May be called again, since the effect of an end may run several times. */
void run_tell_mapping(struct job_ending *ending, const struct table_shown *shown, const struct table_fit *fit);

#endif

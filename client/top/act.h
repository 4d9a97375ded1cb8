/* What a person does from the list. Each function asks the server once, and waits for the answer. */
#ifndef PF_TOP_ACT_H
#define PF_TOP_ACT_H

#include "base/bytes.h"
#include "client/core/settings.h"

/* Cancels or retries; adds what came of it to `said` if it was refused. Returns whether it was done. */
bool act_cancel(const char *id, struct bytes *said);
bool act_retry(const char *id, struct bytes *said);
/* The text for the pane; the caller frees it. */
char *act_explain(const char *id);
char *act_log(const char *id);

#endif

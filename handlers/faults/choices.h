/* What settles a fault of a row: the parameters of the import, or the lots that a number may stand for, each as
 * {param, value, label}. */
#ifndef PF_FAULTS_CHOICES_H
#define PF_FAULTS_CHOICES_H

#include "base/json.h"

/* Writes the member "choices" for a fault with this code of a task of this type. `args`: NULL, or what is stored
 * of its sentence, with the suggestions of a number. */
void faultchoices_of_row(struct json_out *out, const char *type, const char *code, yajl_val args);

#endif

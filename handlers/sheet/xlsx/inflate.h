/* Raw deflate and CRC-32: by ISA-L if it was found at build time (twice as fast), otherwise by zlib. */
#ifndef PF_SHEET_XLSX_INFLATE_H
#define PF_SHEET_XLSX_INFLATE_H

#include <stddef.h>
#include <stdint.h>

struct inflater;
enum inflate_state_now { INFLATE_MORE, INFLATE_END, INFLATE_BAD };

struct inflater *inflater_new(void);
void inflater_free(struct inflater **inflater);
/* Inflates from `in` (*used bytes) to `out` (room for *made bytes). On return *used and *made are what was consumed
 * and produced. */
enum inflate_state_now inflater_run(struct inflater *inflater, const unsigned char *in, size_t *used,
                                    unsigned char *out, size_t *made);
/* CRC-32 as in ZIP; begin with 0. */
uint32_t crc32_update(uint32_t crc, const unsigned char *data, size_t n);

#endif

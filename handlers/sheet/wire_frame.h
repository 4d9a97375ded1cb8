/* The frames of wire.h, for both of its ends.
 *
 *   frame   u32 length of the payload, u8 kind, payload
 *   sheet   u32 index, u8 flags, u32 name length, name, u32 merges, {u32 row, column, last row, last column} each,
 *           u32 grids, {u32 columns, u32 right edge of each} each
 *   rows    one or more of: u32 row, u8 outline, u8 hidden, u16 cells, u16 grid, u16 uncalculated, cells
 *   cell    u16 column, u8 kind, u8 zero pad, u8 percent + 2 × currency, u32 length, text
 *   sheet end, end: u64 rows so far, in all
 *   refused u64 offset, u8 length, class, u8 length, text
 *   remark  u8 length, text */
#ifndef PF_SHEET_WIRE_FRAME_H
#define PF_SHEET_WIRE_FRAME_H

#include <stdint.h>

enum frame_kind { FRAME_SHEET = 1, FRAME_ROWS, FRAME_SHEET_END, FRAME_END, FRAME_REFUSED, FRAME_REMARK };

enum {
    FRAME_HEAD = 5,
    FRAME_BATCH = 64 << 10, /* rows are collected up to this size */
    FRAME_MAX = 16 << 20, /* no reader makes a larger frame: a row has at most 8 MiB of text, a sheet 8 MB of merges */
    ROW_HEAD = 12,
    CELL_HEAD = 9,
    MERGE_SIZE = 16,
    REMARK_MAX = 255
};

/* Flags of a sheet; above them the place of its separator in SHEET_SEPARATORS. */
enum { SHEET_HIDDEN = 1, SHEET_DATE1904 = 2, SHEET_SUMMARY_BELOW = 4, SHEET_SEPARATOR = 8 };
#define SHEET_SEPARATORS "\0,;\t"

#endif

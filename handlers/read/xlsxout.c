/* Tables as workbooks. */
#include "handlers/read/xlsxout.h"

#include "handlers/read/xlsxcheck.h"
#include "handlers/values/decimal.h"
#include "handlers/values/values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>
#include <zlib.h>

#define DIGITS_MAX 4
#define PATH_BYTES 40
#define ESCAPED    7 /* bytes of _xHHHH_ */

struct xlsx_out {
    int fd;
    int error; /* errno of the first failure */
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *heading, *text, *day, *number[DIGITS_MAX + 1];
    uint32_t row; /* the one that is being written */
    uint16_t column, columns;
    char *escaped; /* room for a text */
    size_t room;
};

/* ---- Beginning ------------------------------------------------------------------------------------------------- */

static lxw_format *format(struct xlsx_out *out, const char *number_format)
{
    lxw_format *made = workbook_add_format(out->book);
    if (!made)
        abort();
    format_set_num_format(made, number_format);
    return made;
}

/* A text has the format of texts, so that a code which is typed over keeps its leading zeros too. */
static void make_formats(struct xlsx_out *out, bool russian)
{
    static const char *const numbers[DIGITS_MAX + 1] = {"#,##0", "#,##0.0", "#,##0.00", "#,##0.000", "#,##0.0000"};
    out->heading = format(out, "@");
    format_set_bold(out->heading);
    out->text = format(out, "@");
    out->day = format(out, russian ? "dd.mm.yyyy" : "yyyy-mm-dd");
    for (unsigned i = 0; i <= DIGITS_MAX; i++)
        out->number[i] = format(out, numbers[i]);
}

static char *copy(const char *text)
{
    char *made = strdup(text);
    if (!made)
        abort();
    return made;
}

/* The library copies what it is given, but wants it writable. */
static void set_properties(struct xlsx_out *out, const struct xlsx_table *table)
{
    lxw_doc_properties properties = {.title = copy(table->title), .created = (time_t)table->made_s};
    if (workbook_set_properties(out->book, &properties) != LXW_NO_ERROR)
        abort();
    free(properties.title);
}

struct xlsx_out *xlsx_out_new(const struct xlsx_table *table)
{
    char file[PATH_BYTES], directory[PATH_BYTES];
    snprintf(file, sizeof file, "/proc/self/fd/%d", table->fd);
    snprintf(directory, sizeof directory, "/proc/self/fd/%d", table->directory_fd);
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = directory, .use_zip64 = table->large};
    struct xlsx_out *out = calloc(1, sizeof *out);
    if (!out)
        abort();
    out->fd = table->fd;
    errno = 0;
    out->book = workbook_new_opt(file, &options);
    out->sheet = out->book ? workbook_add_worksheet(out->book, table->sheet) : NULL;
    if (!out->sheet || !out->sheet->optimize_tmpfile) {
        int error = errno ? errno : EIO;
        xlsx_out_free(&out);
        errno = error;
        return NULL;
    }
    make_formats(out, table->russian);
    set_properties(out, table);
    worksheet_freeze_panes(out->sheet, 1, 0);
    return out;
}

void xlsx_out_free(struct xlsx_out **out)
{
    if (!*out)
        return;
    if ((*out)->sheet && (*out)->sheet->optimize_tmpfile) {
        fclose((*out)->sheet->optimize_tmpfile); /* the library closes it only when it has read it */
        (*out)->sheet->optimize_tmpfile = NULL;
    }
    lxw_workbook_free((*out)->book);
    free((*out)->escaped);
    free(*out);
    *out = NULL;
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* In a cell _xHHHH_ is a way to write the character with that number, so a text that has it says its underscore in this
 * way. So do characters that XML does not have: controls, U+FFFE, U+FFFF. Returns how many bytes of the text the escape
 * in `out` stands for; 0: the byte stands for itself. */
static size_t escape(const char *at, char out[ESCAPED + 1])
{
    unsigned char c = (unsigned char)*at;
    if (c == '_' && at[1] == 'x' && is_hex(at[2]) && is_hex(at[3]) && is_hex(at[4]) && is_hex(at[5]) && at[6] == '_')
        memcpy(out, "_x005F_", ESCAPED + 1);
    else if (c < 0x20 && c != '\t' && c != '\n')
        snprintf(out, ESCAPED + 1, "_x%04X_", c);
    else if (c == 0xEF && (strncmp(at, "\xEF\xBF\xBE", 3) == 0 || strncmp(at, "\xEF\xBF\xBF", 3) == 0)) {
        snprintf(out, ESCAPED + 1, "_xFFF%c_", (unsigned char)at[2] == 0xBE ? 'E' : 'F');
        return 3;
    } else
        return 0;
    return 1;
}

static const char *cell_text(struct xlsx_out *out, const char *text)
{
    size_t need = strlen(text) * ESCAPED + 1, used = 0;
    if (need > out->room) {
        free(out->escaped);
        out->room = need;
        out->escaped = malloc(need);
        if (!out->escaped)
            abort();
    }
    while (*text != '\0') {
        char code[ESCAPED + 1];
        size_t taken = escape(text, code);
        memcpy(out->escaped + used, taken ? code : text, taken ? ESCAPED : 1);
        used += taken ? ESCAPED : 1;
        text += taken ? taken : 1;
    }
    out->escaped[used] = '\0';
    return out->escaped;
}

/* ---- Cells ----------------------------------------------------------------------------------------------------- */

static void put_text(struct xlsx_out *out, const char *text, lxw_format *of)
{
    if (text && text[0] != '\0')
        worksheet_write_string(out->sheet, out->row, out->column, cell_text(out, text), of);
    out->column++;
}

void xlsx_out_heading(struct xlsx_out *out, const char *text, unsigned width)
{
    worksheet_set_column(out->sheet, out->column, out->column, width, NULL);
    put_text(out, text, out->heading);
    out->columns = out->column;
}

void xlsx_out_text(struct xlsx_out *out, const char *text)
{
    put_text(out, text, out->text);
}

/* Both are exact in binary floating point, so that the quotient is the number nearest to the decimal one. */
void xlsx_out_number(struct xlsx_out *out, int64_t value, unsigned scale, unsigned digits)
{
    double number = (double)value / (double)(int64_t)dec_pow10(scale);
    worksheet_write_number(out->sheet, out->row, out->column++, number, out->number[digits]);
}

void xlsx_out_day(struct xlsx_out *out, const char *text)
{
    struct value_date date;
    if (text && value_date_text(text, strlen(text), &date) == 0) {
        lxw_datetime day = {.year = date.year, .month = date.month, .day = date.day};
        worksheet_write_datetime(out->sheet, out->row, out->column, &day, out->day);
    }
    out->column++;
}

/* The library says nothing when a row cannot be written. */
void xlsx_out_end(struct xlsx_out *out)
{
    if (!out->error && ferror(out->sheet->optimize_tmpfile))
        out->error = errno ? errno : EIO;
    out->row++;
    out->column = 0;
}

/* ---- End ------------------------------------------------------------------------------------------------------- */

/* What Excel would mark in green: codes of digits alone are meant to be texts. */
static void finish_sheet(struct xlsx_out *out)
{
    char range[32];
    uint16_t last = (uint16_t)(out->columns ? out->columns - 1 : 0);
    snprintf(range, sizeof range, "A1:%c%u", 'A' + last, out->row);
    worksheet_ignore_errors(out->sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, range);
    worksheet_autofilter(out->sheet, 0, 0, out->row ? out->row - 1 : 0, last);
}

/* All but the last row is in the file: where the last row must begin in the sheet is known. */
static uint64_t rows_before_the_last(struct xlsx_out *out)
{
    errno = 0;
    if (fflush(out->sheet->optimize_tmpfile) != 0 && !out->error)
        out->error = errno ? errno : EIO;
    off_t at = ftello(out->sheet->optimize_tmpfile);
    return at < 0 ? 0 : (uint64_t)at;
}

int xlsx_out_close(struct xlsx_out **at, uint64_t *len)
{
    struct xlsx_out *out = *at;
    finish_sheet(out);
    struct xlsx_written written = {.fd = out->fd, .rows = out->row, .before_last = rows_before_the_last(out)};
    int error = out->error;
    if (error) {
        xlsx_out_free(at);
        return -error;
    }
    errno = 0;
    lxw_error rc = workbook_close(out->book);
    error = errno;
    out->book = NULL; /* freed */
    free(out->escaped);
    free(out);
    *at = NULL;
    if (rc != LXW_NO_ERROR)
        return error ? -error : -EIO;
    off_t end = lseek(written.fd, 0, SEEK_END);
    written.len = end < 0 ? 0 : (uint64_t)end;
    *len = written.len;
    return xlsx_check(&written);
}

const char *xlsx_out_version(char text[48])
{
    snprintf(text, 48, "%.16s-%.16s", lxw_version(), zlibVersion());
    return text;
}

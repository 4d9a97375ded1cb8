/* Files in memory, archives and workbooks for the tests of the spreadsheet readers. */
#include "tests/unit/sheet/xlsx_help.h"

#include "tests/unit/sheet/advice.h"

#include "handlers/sheet/json.h"

#include <zlib.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Used only where the reader of .mxl is not linked from the library. */
__attribute__((weak)) int mxl_read(const struct sheet_input *input, const struct sheet_limits *limits,
                                   const struct grid_sink *sink, struct sheet_error *err)
{
    (void)input, (void)limits, (void)sink;
    return sheet_refuse(err, "mxl-malformed", "No .mxl reader in this test.");
}

struct sheet_input input_of(const void *data, size_t n)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, n), n);
    return (struct sheet_input){.fd = fd, .length = n};
}

void input_close(struct sheet_input *input)
{
    close(input->fd);
    input->fd = -1;
}

char *read_cells(const struct sheet_input *input, enum sheet_format format)
{
    struct gridjson *json = gridjson_new();
    struct grid_sink sink = gridjson_sink(json);
    struct sheet_limits limits = sheet_default_limits;
    struct sheet_error err;
    char *text = NULL;
    size_t n = 0;
    limits.max_rows = UINT32_MAX;
    sink.without_merges = false;
    FILE *out = open_memstream(&text, &n);
    if (sheet_read(input, format, &limits, &sink, &err) == 0)
        gridjson_print(json, true, out);
    else
        fprintf(out, "%s: %s", err.cls, err.text);
    fclose(out);
    if (text[0] != '{' && !tells_what_to_do(err.text))
        fail_msg("%s does not tell what to do: %s", err.cls, err.text);
    gridjson_free(&json);
    return text;
}

const char *read_class(const void *data, size_t n, enum sheet_format format)
{
    static char cls[64];
    struct sheet_input input = input_of(data, n);
    char *text = read_cells(&input, format);
    snprintf(cls, sizeof cls, "%.*s", text[0] == '{' ? 0 : (int)strcspn(text, ":"), text);
    free(text);
    input_close(&input);
    return cls;
}

char *load_file(const char *path, size_t *n)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    assert_int_equal(fstat(fd, &st), 0);
    char *data = xalloc((size_t)st.st_size + 1);
    assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
    data[st.st_size] = 0;
    *n = (size_t)st.st_size;
    close(fd);
    return data;
}

static unsigned char *append(struct bytes *b, size_t n)
{
    bytes_reserve(b, n);
    b->len += n;
    memset(b->data + b->len - n, 0, n);
    return (unsigned char *)b->data + b->len - n;
}

static void deflate_to(struct bytes *to, const void *data, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, n);
    z.next_in = (unsigned char *)(uintptr_t)data;
    z.avail_in = (unsigned)n;
    z.next_out = append(to, room);
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    to->len -= z.avail_out;
    deflateEnd(&z);
}

void zip_make_add(struct zip_maker *m, const char *name, const void *data, size_t n, enum zip_make how)
{
    struct bytes packed = {0};
    size_t len = strlen(name), at = m->file.len;
    if (how == ZIP_MAKE_DEFLATED)
        deflate_to(&packed, data, n);
    else
        bytes_add(&packed, data, n);
    unsigned char *p = append(&m->file, 30);
    put32(p, 0x04034b50);
    put16(p + 8, how == ZIP_MAKE_DEFLATED ? 8 : 0);
    put16(p + 26, (uint32_t)len);
    bytes_add(&m->file, name, len);
    bytes_add(&m->file, packed.data, packed.len);
    p = append(&m->directory, 46);
    put32(p, 0x02014b50);
    put16(p + 10, how == ZIP_MAKE_DEFLATED ? 8 : 0);
    put32(p + 16, (uint32_t)crc32(0, data, (unsigned)n));
    put32(p + 20, (uint32_t)packed.len);
    put32(p + 24, (uint32_t)n);
    put16(p + 28, (uint32_t)len);
    put32(p + 42, (uint32_t)at);
    bytes_add(&m->directory, name, len);
    m->entries++;
    bytes_free(&packed);
}

void zip_make_end(struct zip_maker *m)
{
    size_t at = m->file.len;
    bytes_add(&m->file, m->directory.data, m->directory.len);
    unsigned char *p = append(&m->file, 22);
    put32(p, 0x06054b50);
    put16(p + 8, m->entries);
    put16(p + 10, m->entries);
    put32(p + 12, (uint32_t)m->directory.len);
    put32(p + 16, (uint32_t)at);
}

void zip_make_free(struct zip_maker *m)
{
    bytes_free(&m->file);
    bytes_free(&m->directory);
    *m = (struct zip_maker){0};
}

static void add_text(struct zip_maker *m, const char *name, const char *text)
{
    zip_make_add(m, name, text, strlen(text), ZIP_MAKE_DEFLATED);
}

struct zip_maker workbook_of(const char *sheet, const char *strings, const char *styles)
{
    struct zip_maker m = {0};
    add_text(
        &m, "_rels/.rels",
        "<Relationships><Relationship Id=\"a\" Type=\"x/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
    add_text(&m, "xl/workbook.xml",
             "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"s1\"/></sheets></workbook>");
    add_text(&m, "xl/_rels/workbook.xml.rels",
             "<Relationships><Relationship Id=\"s1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
             "<Relationship Id=\"s2\" Type=\"x/sharedStrings\" Target=\"sharedStrings.xml\"/>"
             "<Relationship Id=\"s3\" Type=\"x/styles\" Target=\"/xl/styles.xml\"/></Relationships>");
    add_text(&m, "xl/worksheets/sheet1.xml", sheet);
    if (strings)
        add_text(&m, "xl/sharedStrings.xml", strings);
    if (styles)
        add_text(&m, "xl/styles.xml", styles);
    zip_make_end(&m);
    return m;
}

/* Returns what is between "cells":[ and ]} of the first sheet, without the line breaks and blanks of the layout. */
static char *only_cells(char *text)
{
    char *from = strstr(text, "\"cells\":["), *to = text;
    if (!from) {
        text[strcspn(text, ":")] = 0;
        return text;
    }
    from += strlen("\"cells\":[");
    char *end = strstr(from, "]}");
    assert_non_null(end);
    for (; from < end; from++)
        if (*from == '\n')
            from += 2;
        else
            *to++ = *from;
    *to = 0;
    return text;
}

char *cells_of(const char *sheet, const char *strings, const char *styles)
{
    struct zip_maker m = workbook_of(sheet, strings, styles);
    struct sheet_input input = input_of(m.file.data, m.file.len);
    char *text = read_cells(&input, SHEET_UNKNOWN);
    input_close(&input);
    zip_make_free(&m);
    return only_cells(text);
}

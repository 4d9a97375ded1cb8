/* The small parts of a workbook are read by expat: relationships, workbook, styles. */
#include "handlers/sheet/grid/expat_calls.h"
#include "handlers/sheet/xlsx/xlsx.h"

#include <stdlib.h>

/* Copying has blown up style sheets to tens of megabytes; an ordinary file has no larger part of this kind. */
enum { BLOCK = 16 << 10, PART_MAX = 128 << 20 };

struct reading {
    XML_Parser parser;
    const struct small_doc *doc;
    struct sheet_error *err;
    unsigned depth;
    bool refused; /* *err is filled */
    uint64_t fed;
    size_t held; /* bytes of an incomplete token: expat scans them again with each block */
};

static void stop(struct reading *r)
{
    r->refused = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attrs)
{
    struct reading *r = ctx;

    if (r->refused)
        return; /* expat still delivers the rest of a token after a stop */
    if (++r->depth > XML_DEPTH_MAX) {
        sheet_refuse(r->err, "xml-limit",
                     "The workbook goes beyond a limit (more than 64 levels of elements). " XLSX_COPY_IT);
        stop(r);
        return;
    }
    size_t len;
    if (r->doc->start(r->doc->ctx, r->depth, xml_local(name, strlen(name), &len), attrs, r->err) < 0)
        stop(r);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
    struct reading *r = ctx;

    (void)name;
    if (r->refused)
        return;
    if (r->doc->end)
        r->doc->end(r->doc->ctx, r->depth);
    r->depth--;
}

/* Called before the internal subset is read: this alone ends every attack by entities. */
static void XMLCALL on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal)
{
    struct reading *r = ctx;

    (void)name, (void)system, (void)public, (void)internal;
    sheet_refuse(r->err, "xml-dtd",
                 "The workbook holds a document type declaration, which no spreadsheet program writes. Open it and "
                 "save it again as .xlsx.");
    stop(r);
}

static int feed(struct reading *r, const struct bytes *block, bool last)
{
    r->fed += block->len;
    if (r->fed > PART_MAX)
        return sheet_refuse(r->err, "xml-limit",
                            "The workbook goes beyond a limit (a part of more than 128 MiB). " XLSX_COPY_IT);
    if (XML_Parse(r->parser, block->data, (int)block->len, last) != XML_STATUS_OK) {
        if (XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY)
            no_memory();
        if (!r->refused)
            sheet_refuse(r->err, "xml-malformed", "The workbook is damaged (%s). Save it again as .xlsx.",
                         XML_ErrorString(XML_GetErrorCode(r->parser)));
        return -1;
    }
    int64_t done = expat_offset(r->parser);
    r->held = (size_t)(r->fed - (uint64_t)(done > 0 ? done : 0));
    if (!last && r->held > XML_TOKEN_MAX)
        return sheet_refuse(r->err, "xml-limit",
                            "The workbook goes beyond a limit (a tag of more than 4 MiB). " XLSX_COPY_IT);
    return 0;
}

/* As long as the incomplete token, so that scanning a long token again and again costs only a few times its length;
 * but not much beyond the limit of a token. */
static size_t block_size(const struct reading *r)
{
    size_t rest = XML_TOKEN_MAX + BLOCK - r->held;

    return r->held < BLOCK ? BLOCK : r->held < rest ? r->held : rest;
}

static int read_blocks(struct reading *r, struct zip_part *part)
{
    struct bytes block = {0};
    int rc = 0;

    do {
        size_t size = block_size(r);
        block.len = 0;
        bytes_reserve(&block, size);
        ssize_t n = zip_part_read(part, (unsigned char *)block.data, size, r->err);
        block.len = n > 0 ? (size_t)n : 0;
        rc = n < 0 ? -1 : feed(r, &block, n == 0);
    } while (rc == 0 && block.len > 0);
    bytes_free(&block);
    return rc;
}

int small_read(struct zip *zip, const struct zip_entry *entry, const struct small_doc *doc, struct sheet_error *err)
{
    struct zip_part *part = zip_part_open(zip, entry, true, err);

    if (!part)
        return -1;
    struct reading r = {.parser = XML_ParserCreate(NULL), .doc = doc, .err = err};
    if (!r.parser)
        no_memory();
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    int rc = read_blocks(&r, part);
    XML_ParserFree(r.parser);
    if (rc < 0)
        zip_part_blame(part, err);
    zip_part_close(&part);
    return rc;
}

const char *small_attr(const char **attrs, const char *local, bool prefixed)
{
    for (; attrs[0]; attrs += 2) {
        size_t len;
        const char *name = xml_local(attrs[0], strlen(attrs[0]), &len);
        if (prefixed == (name != attrs[0]) && strcmp(name, local) == 0)
            return attrs[1];
    }
    return NULL;
}

/* The small parts of a workbook go through expat: relationships, workbook, styles. */
#include "handlers/sheet/xlsx.h"

#include <expat.h>

#include <stdlib.h>

/* Style sheets bloated by copying have reached tens of megabytes; beyond this no part that goes through here is
 * honest. */
enum { BLOCK = 16 << 10, PART_MAX = 128 << 20 };

struct reading {
    XML_Parser parser;
    const struct small_doc *doc;
    struct sheet_error *err;
    unsigned depth;
    bool refused; /* *err is filled */
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
        return; /* expat delivers the rest of a token after a stop */
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
    if (r->doc->end != NULL)
        r->doc->end(r->doc->ctx, r->depth);
    r->depth--;
}

/* Before the internal subset is looked at: that alone ends every attack with entities. */
static void XMLCALL on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal)
{
    struct reading *r = ctx;
    (void)name, (void)system, (void)public, (void)internal;
    sheet_refuse(r->err, "xml-dtd",
                 "The workbook holds a document type declaration, which no spreadsheet program writes. Open it and "
                 "save it again as .xlsx.");
    stop(r);
}

static int feed(struct reading *r, const char *block, size_t n, bool last, uint64_t *fed)
{
    *fed += n;
    if (*fed > PART_MAX)
        return sheet_refuse(r->err, "xml-limit",
                            "The workbook goes beyond a limit (a part of more than 128 MiB). " XLSX_COPY_IT);
    if (XML_Parse(r->parser, block, (int)n, last) != XML_STATUS_OK) {
        if (XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY)
            no_memory();
        if (!r->refused)
            sheet_refuse(r->err, "xml-malformed", "The workbook is damaged (%s). Save it again as .xlsx.",
                         XML_ErrorString(XML_GetErrorCode(r->parser)));
        return -1;
    }
    /* What expat holds back is the token that is not complete yet. */
    XML_Index done = XML_GetCurrentByteIndex(r->parser);
    if (!last && *fed - (uint64_t)(done > 0 ? done : 0) > XML_TOKEN_MAX)
        return sheet_refuse(r->err, "xml-limit",
                            "The workbook goes beyond a limit (a tag of more than 4 MiB). " XLSX_COPY_IT);
    return 0;
}

static int read_blocks(struct reading *r, struct zip_part *part)
{
    unsigned char block[BLOCK];
    uint64_t fed = 0;
    for (;;) {
        ssize_t n = zip_part_read(part, block, sizeof block, r->err);
        if (n < 0 || feed(r, (const char *)block, (size_t)n, n == 0, &fed) < 0)
            return -1;
        if (n == 0)
            return 0;
    }
}

int small_read(struct zip *zip, const struct zip_entry *entry, const struct small_doc *doc, struct sheet_error *err)
{
    struct zip_part *part = zip_part_open(zip, entry, true, err);
    if (part == NULL)
        return -1;
    struct reading r = {.parser = XML_ParserCreate(NULL), .doc = doc, .err = err};
    if (r.parser == NULL)
        no_memory();
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    int rc = read_blocks(&r, part);
    XML_ParserFree(r.parser);
    zip_part_close(&part);
    return rc;
}

const char *small_attr(const char **attrs, const char *local, bool prefixed)
{
    for (; attrs[0] != NULL; attrs += 2) {
        size_t len;
        const char *name = xml_local(attrs[0], strlen(attrs[0]), &len);
        if (prefixed == (name != attrs[0]) && strcmp(name, local) == 0)
            return attrs[1];
    }
    return NULL;
}

/* Feeds expat's events to the code that our tokeniser feeds otherwise. */
#include "tests/unit/sheet/xlsx_expat.h"

#include "handlers/sheet/json.h"

#include <expat.h>

#include <stdio.h>
#include <stdlib.h>

ssize_t memory_source_read(void *ctx, unsigned char *buf, size_t size, struct sheet_error *err)
{
    struct memory_source *s = ctx;
    (void)err;
    size_t n = s->n < size ? s->n : size;
    if (s->block > 0 && n > s->block)
        n = s->block;
    if (n > 0)
        memcpy(buf, s->data, n);
    s->data += n;
    s->n -= n;
    return (ssize_t)n;
}

/* The receiver of the events: returns 0 to go on. */
typedef int event_fn(void *ctx, enum xml_event event, const struct xml_token *token);

/* Sends the whole document through the tokeniser. Returns what the receiver returned, or -1 with *err. */
static int run_tokeniser(const char *data, size_t n, size_t block, event_fn *take, void *ctx, struct sheet_error *err)
{
    struct memory_source source = {data, n, block};
    struct xml *xml = xml_new(memory_source_read, &source, err);
    struct xml_token token = {0};
    int rc = 0;
    while (rc == 0) {
        enum xml_event event = xml_next(xml, &token);
        if (event == XML_FAILED)
            rc = -1;
        if (event <= XML_DONE)
            break;
        rc = take(ctx, event, &token);
    }
    xml_free(&xml);
    return rc;
}

struct feed {
    XML_Parser parser;
    event_fn *take;
    void *ctx;
    struct sheet_error *err;
    unsigned depth;
    int rc;
};

static void give(struct feed *f, enum xml_event event, const struct xml_token *token)
{
    if (f->rc != 0)
        return;
    f->rc = f->take(f->ctx, event, token);
    if (f->rc != 0)
        XML_StopParser(f->parser, XML_FALSE);
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attrs)
{
    struct feed *f = ctx;
    struct xml_attr list[XML_ATTRS_MAX];
    struct xml_token token = {.attrs = list};
    if (++f->depth > XML_DEPTH_MAX && f->rc == 0) {
        f->rc = sheet_refuse(f->err, "xml-limit", "depth");
        XML_StopParser(f->parser, XML_FALSE);
    }
    token.name = xml_local(name, strlen(name), &token.name_len);
    for (; attrs[0] && token.n_attrs < XML_ATTRS_MAX; attrs += 2)
        list[token.n_attrs++] =
            (struct xml_attr){attrs[0], (uint32_t)strlen(attrs[0]), (uint32_t)strlen(attrs[1]), attrs[1]};
    give(f, XML_START, &token);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
    struct feed *f = ctx;
    struct xml_token token = {0};
    f->depth--;
    token.name = xml_local(name, strlen(name), &token.name_len);
    give(f, XML_END, &token);
}

static void XMLCALL on_text(void *ctx, const char *text, int n)
{
    struct xml_token token = {.text = text, .len = (size_t)n};
    give(ctx, XML_TEXT, &token);
}

static void XMLCALL on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal)
{
    struct feed *f = ctx;
    (void)name, (void)system, (void)public, (void)internal;
    f->rc = sheet_refuse(f->err, "xml-dtd", "doctype");
    XML_StopParser(f->parser, XML_FALSE);
}

static int run_expat(const char *data, size_t n, size_t block, event_fn *take, void *ctx, struct sheet_error *err)
{
    struct feed f = {.parser = XML_ParserCreate(NULL), .take = take, .ctx = ctx, .err = err};
    struct memory_source source = {data, n, block};
    unsigned char buf[4096];
    XML_SetUserData(f.parser, &f);
    XML_SetElementHandler(f.parser, on_start, on_end);
    XML_SetCharacterDataHandler(f.parser, on_text);
    XML_SetStartDoctypeDeclHandler(f.parser, on_doctype);
    for (ssize_t got = 1; got > 0 && f.rc == 0;) {
        got = memory_source_read(&source, buf, sizeof buf, err);
        if (XML_Parse(f.parser, (const char *)buf, (int)got, got == 0) != XML_STATUS_OK && f.rc == 0)
            f.rc = sheet_refuse(err, "xml-malformed", "%s", XML_ErrorString(XML_GetErrorCode(f.parser)));
    }
    XML_ParserFree(f.parser);
    return f.rc;
}

/* ---- Events as text --------------------------------------------------------------------------------------------- */

struct printer {
    FILE *out;
    bool in_text;
    struct bytes
        open; /* names of the open elements, each with its terminator: a closed leaf does not tell the outer one */
};

static void print_start(struct printer *p, const struct xml_token *token)
{
    fprintf(p->out, "%s<%.*s", p->in_text ? "\n" : "", (int)token->name_len, token->name);
    for (uint32_t i = 0; i < token->n_attrs; i++) {
        fprintf(p->out, " %.*s=", (int)token->attrs[i].name_len, token->attrs[i].name);
        fwrite(token->attrs[i].value, 1, token->attrs[i].len, p->out);
    }
    putc('\n', p->out);
    p->in_text = false;
    bytes_add(&p->open, token->name, token->name_len);
    bytes_add_char(&p->open, 0);
}

static void print_text(struct printer *p, const struct xml_token *token)
{
    struct bytes text = {0};
    xml_text_add(token, &text);
    if (text.len > 0) {
        if (!p->in_text)
            putc('\'', p->out);
        fwrite(text.data, 1, text.len, p->out);
        p->in_text = true;
    }
    bytes_free(&text);
}

static void print_end(struct printer *p)
{
    size_t at = p->open.len - 1;
    while (at > 0 && p->open.data[at - 1] != 0)
        at--;
    fprintf(p->out, "%s>%s\n", p->in_text ? "\n" : "", p->open.data + at);
    p->open.len = at;
    p->in_text = false;
}

static int print_event(void *ctx, enum xml_event event, const struct xml_token *token)
{
    if (event == XML_START || event == XML_LEAF)
        print_start(ctx, token);
    if (event == XML_TEXT || event == XML_LEAF)
        print_text(ctx, token);
    if (event == XML_END || event == XML_LEAF)
        print_end(ctx);
    if (event == XML_LEAF && token->closed)
        print_end(ctx);
    return 0;
}

typedef int run_fn(const char *data, size_t n, size_t block, event_fn *take, void *ctx, struct sheet_error *err);

static char *events(run_fn *run, const char *data, size_t n, size_t block)
{
    struct printer p = {0};
    struct sheet_error err = {0};
    char *text = NULL;
    size_t size = 0;
    p.out = open_memstream(&text, &size);
    int rc = run(data, n, block, print_event, &p, &err);
    fclose(p.out);
    bytes_free(&p.open);
    if (rc == 0)
        return text;
    free(text);
    return strdup(err.cls);
}

char *events_of_tokeniser(const char *data, size_t n, size_t block)
{
    return events(run_tokeniser, data, n, block);
}

char *events_of_expat(const char *data, size_t n, size_t block)
{
    return events(run_expat, data, n, block);
}

/* ---- Cells ------------------------------------------------------------------------------------------------------ */

static int take_cell_event(void *ctx, enum xml_event event, const struct xml_token *token)
{
    return worksheet_event(ctx, event, token);
}

static char *cells(run_fn *run, const char *data, size_t n, size_t block, const struct strings *strings)
{
    static const struct numfmt formats[] = {{0}, {.date = true, .day = true}, {.date = true}, {.zero_pad = 5}};
    struct styles styles = {.cells = xalloc(sizeof formats), .n = sizeof formats / sizeof *formats};
    struct gridjson *json = gridjson_new();
    struct grid_sink sink = gridjson_sink(json);
    struct sheet_error err = {0};
    uint64_t rows = 0, bytes = 0;
    struct sheet_job job = {.styles = &styles,
                            .strings = strings,
                            .limits = &sheet_default_limits,
                            .sink = &sink,
                            .rows = &rows,
                            .bytes = &bytes};
    const struct grid_sheet sheet = {.name = "S"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    memcpy(styles.cells, formats, sizeof formats);
    sink.sheet(sink.ctx, &sheet);
    struct worksheet *ws = worksheet_new(&job, &err);
    int rc = run(data, n, block, take_cell_event, ws, &err);
    if (rc == 0)
        rc = worksheet_end(ws);
    if (rc == 0)
        gridjson_print(json, true, out);
    else
        fputs(err.cls, out);
    fclose(out);
    worksheet_free(&ws);
    gridjson_free(&json);
    styles_free(&styles);
    return text;
}

char *cells_of_tokeniser(const char *data, size_t n, size_t block, const struct strings *strings)
{
    return cells(run_tokeniser, data, n, block, strings);
}

char *cells_of_expat(const char *data, size_t n, size_t block, const struct strings *strings)
{
    return cells(run_expat, data, n, block, strings);
}

/* Does a name have letters beyond ASCII? Expat knows which of them are allowed in a name; we allow all. */
static bool odd_names(const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)data[i] >= 0x80)
            return true;
    return false;
}

/* Is it UTF-16 with half a surrogate pair? Expat takes any unit for the second half. */
static bool half_pair(const char *data, size_t n)
{
    const unsigned char *p = (const unsigned char *)data;
    bool big = n >= 2 && (p[0] == 0 || (p[0] == 0xfe && p[1] == 0xff));
    bool little = n >= 2 && (p[1] == 0 || (p[0] == 0xff && p[1] == 0xfe));
    bool high = false;
    for (size_t i = 0; (big || little) && i + 1 < n; i += 2) {
        unsigned unit = big ? p[i] * 256u + p[i + 1] : p[i + 1] * 256u + p[i];
        if (high != ((unit & 0xfc00) == 0xdc00))
            return true;
        high = (unit & 0xfc00) == 0xd800;
    }
    return high;
}

/* Does it begin with a declaration other than the plainest one? Expat reads declarations, we skip them. */
static bool odd_declaration(const char *data, size_t n)
{
    static const char plain[] = "<?xml version=\"1.0\"?>", plain_too[] = "<?xml version='1.0'?>";
    const size_t len = sizeof plain - 1;
    const char *begin = memchr(data, '<', n < 4 ? n : 4); /* behind a byte order mark */
    size_t left = begin ? n - (size_t)(begin - data) : 0;
    bool there = left > 2 && (begin[1] == '?' || (begin[1] == 0 && begin[2] == '?')); /* UTF-16 as well */
    if (!there)
        return false;
    return left < len || (memcmp(begin, plain, len) != 0 && memcmp(begin, plain_too, len) != 0);
}

/* Texts of one letter each, as many as any sheet here names: without them both readers would stop at the first text. */
static const struct strings *some_strings(void)
{
    enum { COUNT = 65536 };
    static char letters[COUNT];
    static uint32_t ends[COUNT];
    static const struct strings table = {.arena = {letters, COUNT, COUNT}, .ends = ends, .n = COUNT, .cap = COUNT};
    for (uint32_t i = 0; ends[COUNT - 1] == 0; i++) {
        letters[i] = (char)('a' + i % 26);
        ends[i] = i + 1;
    }
    return &table;
}

bool ways_agree(const char *data, size_t n, char **ours, char **theirs)
{
    const struct strings *strings = some_strings();
    *ours = cells_of_tokeniser(data, n, 0, strings);
    *theirs = cells_of_expat(data, n, 0, strings);
    if (strcmp(*ours, *theirs) == 0)
        return true;
    /* Both refuse, each at the fault that it met first. */
    if ((*ours)[0] != '{' && (*theirs)[0] != '{')
        return true;
    bool we_refuse = strcmp(*ours, "xml-malformed") == 0, they_refuse = strcmp(*theirs, "xml-malformed") == 0;
    if (odd_declaration(data, n))
        return we_refuse || they_refuse;
    return (we_refuse && half_pair(data, n)) || (they_refuse && odd_names(data, n));
}

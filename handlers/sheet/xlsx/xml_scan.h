/* Internal to the tokeniser: its state, and what xml.c (tags and text) and xml_markup.c (rare markup) share.
 *
 * The buffer ends with a NUL, which the source never lets through. So the scans need no other check for the end of
 * the data: every unexpected byte stops them, and if it is that NUL, more is read and the token is scanned again. */
#ifndef PF_SHEET_XLSX_XML_SCAN_H
#define PF_SHEET_XLSX_XML_SCAN_H

#include "handlers/sheet/xlsx/xml.h"
#include "handlers/sheet/xlsx/xml_source.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Classes of bytes. */
enum {
    C_SPACE = 1,
    C_NAME = 2,  /* inside a name */
    C_FIRST = 4, /* first of a name */
    C_TEXT = 8,  /* ordinary in text */
    C_VALUE = 16 /* ordinary in an attribute value, whatever its quotes */
};
extern unsigned char xml_classes[256];

/* What a step of the tokeniser returns if it is not an event: */
enum xml_step {
    STEP_NOTHING = XML_DONE, /* something without meaning was skipped: go on */
    STEP_MORE = -2,          /* the data ends inside the token */
    STEP_BAD = -3            /* not well-formed */
};

struct xml {
    struct xml_source source;
    struct sheet_error *err;
    char *buf;
    size_t at, end, cap; /* the next token begins at buf[at]; buf[end] is NUL */
    bool ended;          /* the source has no more */
    bool begun;          /* something was read: an XML declaration is no longer allowed */
    bool rooted;         /* the root element has begun */
    bool empty;          /* the last start tag was an empty element: its end comes next */
    size_t run;          /* bytes of the run of text that is delivered in pieces */
    bool coded;          /* the last run of text must be decoded */
    bool values_coded;   /* an attribute value of this tag may need decoding */
    int halted;          /* why the last scan returned NULL: STEP_MORE or STEP_BAD */
    unsigned depth;
    uint32_t starts[XML_DEPTH_MAX + 1]; /* where the names of the open elements begin in `open` */
    struct bytes open;
    uint32_t n_attrs;
    struct xml_attr attrs[XML_ATTRS_MAX];
};

static inline bool is(char c, int kind)
{
    return (xml_classes[(unsigned char)c] & kind) != 0;
}

/* Bytes behind the NUL that may be loaded, but are not used: the functions below take 16 bytes at a time where the
 * machine can. */
enum { XML_SLACK = 16 };

/* Returns the first byte from p on that is not C_VALUE. */
static inline const char *skip_value(const char *p)
{
#ifdef __SSE2__
    for (;; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
        __m128i quote = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\'')));
        __m128i markup = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('<')), _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
        int stops = _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, markup)));
        if (stops != 0)
            return p + __builtin_ctz((unsigned)stops);
    }
#else
    while (is(*p, C_VALUE))
        p++;
    return p;
#endif
}

/* Returns the first byte from p on that is not C_TEXT. */
static inline const char *skip_text(const char *p)
{
#ifdef __SSE2__
    for (;; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i markup = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('<')), _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
        __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(v, _mm_set1_epi8(']')));
        __m128i end = _mm_cmpeq_epi8(v, _mm_setzero_si128());
        int stops = _mm_movemask_epi8(_mm_or_si128(end, _mm_or_si128(odd, markup)));
        if (stops != 0)
            return p + __builtin_ctz((unsigned)stops);
    }
#else
    while (is(*p, C_TEXT))
        p++;
    return p;
#endif
}

/* At an unexpected byte: sets x->halted and returns NULL. */
static inline const char *halt(struct xml *x, const char *p)
{
    x->halted = p == x->buf + x->end ? STEP_MORE : STEP_BAD;
    return NULL;
}

/* Scans return behind what they have read, or NULL with x->halted. */
const char *xml_scan_reference(struct xml *x, const char *p);        /* p at '&' */
const char *xml_scan_attr(struct xml *x, const char *p, uint32_t i); /* p at the name; into x->attrs[i] */

/* Decodes the n bytes of an attribute value in place: the value is never longer than its text. Every line end or tab
 * becomes a space, CR LF one space. Returns the new length. */
size_t xml_value_decode(char *value, size_t n);

/* x->at is at "<!" or "<?". Returns an event or a step. */
int xml_special(struct xml *x, struct xml_token *token);
int xml_instruction(struct xml *x);

#endif

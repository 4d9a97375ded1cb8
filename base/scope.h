/* The scopes of API tokens: what a client may do. Used by the token file and by the table of routes. */
#ifndef PF_BASE_SCOPE_H
#define PF_BASE_SCOPE_H

/* A scope includes those before it, with one exception: CANCEL stands beside START and EDIT, and includes only READ. */
enum scope {
    SCOPE_NONE = 0, /* no token needed: health, version, explanations */
    SCOPE_READ,     /* see tasks and data */
    SCOPE_START,    /* start tasks */
    SCOPE_EDIT,     /* change data directly: map numbers, decide on prices, edit components, archive lists */
    SCOPE_CANCEL,   /* cancel and forget tasks */
    SCOPE_ADMIN     /* everything */
};

#endif

/* The scopes of API tokens: what a client may do. Used by the token file and by the table of routes. */
#ifndef PF_BASE_SCOPE_H
#define PF_BASE_SCOPE_H

/* A scope includes those before it, with one exception: CANCEL does not include START. */
enum scope {
    SCOPE_NONE = 0, /* no token needed: health, version, explanations */
    SCOPE_READ,     /* see tasks and data */
    SCOPE_START,    /* start tasks */
    SCOPE_CANCEL,   /* cancel and forget tasks */
    SCOPE_ADMIN     /* change data directly */
};

#endif

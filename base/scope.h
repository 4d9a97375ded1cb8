/* What a token allows: the scopes of API tokens, of routes and of the token file. */
#ifndef PF_BASE_SCOPE_H
#define PF_BASE_SCOPE_H

/* What a client must be allowed to do. Each allows what is before it, but START and CANCEL do not imply each other. */
enum scope {
    SCOPE_NONE = 0, /* anybody: health, version, explanations */
    SCOPE_READ,     /* see tasks and data */
    SCOPE_START,    /* start tasks */
    SCOPE_CANCEL,   /* cancel and forget tasks */
    SCOPE_ADMIN     /* change data directly */
};

#endif

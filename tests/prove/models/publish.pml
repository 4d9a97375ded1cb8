/* One slot, two bodies, one version word; two writers that may die anywhere, one reader without the lock.
 *
 * The body is two words that always hold the same number; `derived` is everything that is derived from the slot. A dead owner's lock
 * goes to the next writer, who repairs before he says "consistent".
 * Holds: a reader never sees two halves, nor time going back; whoever holds the lock finds derived state right.
 * MUTANTS: NO_REPAIR IN_PLACE PUBLISH_FIRST NO_RECHECK
 * QUICK: -DDEATHS=2 -DREADS=2 -DWRITES=3 */
#define WRITERS 2
#define LIVES 3
#ifndef DEATHS
#define DEATHS 3
#endif
#ifndef WRITES
#define WRITES 4
#endif
#ifndef READS
#define READS 3
#endif

byte version;
byte left[2], right[2];
byte derived;
byte owner;      /* 0 = the lock is free */
bool owner_dead; /* the kernel's mark: the next one gets EOWNERDEAD */
byte deaths, writes;

#define MAYBE_DIE                                                                                                      \
    if                                                                                                                 \
    :: deaths < DEATHS -> deaths++; goto die                                                                           \
    :: skip                                                                                                            \
    fi

#ifdef IN_PLACE
#define SHADOW (version & 1)
#define NEXT 2
#else
#define SHADOW (1 - (version & 1))
#define NEXT 1
#endif

proctype writer(byte me)
{
    byte value, life, shadow, next;

alive:
    do
    :: life < LIVES && writes < WRITES ->
        atomic { owner == 0 || owner_dead -> owner = me; next = owner_dead; owner_dead = false };
        if
        :: next ->
            MAYBE_DIE;
#ifndef NO_REPAIR
            derived = left[version & 1];
#endif
            MAYBE_DIE;
            next = 0
        :: else
        fi;
        assert(derived == left[version & 1] && left[version & 1] == right[version & 1]);
        value = left[version & 1] + 1;
        shadow = SHADOW;
        writes++;
        MAYBE_DIE;
#ifdef PUBLISH_FIRST
        version = version + NEXT;
        MAYBE_DIE;
#endif
        left[shadow] = value;
        MAYBE_DIE;
        right[shadow] = value;
        MAYBE_DIE;
#ifndef PUBLISH_FIRST
        version = version + NEXT;
        MAYBE_DIE;
#endif
        derived = value;
        MAYBE_DIE;
        owner = 0
    :: else -> break
    od;
    goto over;
die:
    /* The kernel marks the lock, also when the dead one was just repairing. Somebody else lives on under the same number. */
    atomic { life++; owner_dead = true; value = 0; shadow = 0; next = 0 };
    goto alive;
over:
    skip
}

active proctype reader()
{
    byte seen, last, one, two, tries;

    do
    :: tries < READS ->
        tries++;
        seen = version;
        one = left[seen & 1];
        two = right[seen & 1];
        if
#ifdef NO_RECHECK
        :: true ->
#else
        :: seen == version ->
#endif
            assert(one == two);
            assert(one >= last);
            last = one
        :: else
        fi
    :: else -> break
    od
}

init { atomic { run writer(1); run writer(2) } }

/* Tasks, runners that die, a master that reaps, a janitor that settles, somebody who cancels. The single operation of the table is
 * atomic here (publish.pml says why it may be); reading and changing are two steps, joined by the version.
 *
 * Holds: a task has one final state for ever and one owner at a time; its effect happens exactly once if it is DONE and never
 * otherwise; when nothing can move any more, every accepted task has ended.
 * MUTANTS: NO_VERSION NO_GENERATION NO_JOURNAL HEARTBEAT_IS_DEATH
 * QUICK: -DDEATHS=1 */
#define TASKS 2
#define ENTRIES 2
#ifndef DEATHS
#define DEATHS 2
#endif
#define ATTEMPTS 2

mtype = { READY, CLAIMED, RUNNING, DONE, FAILED, CANCELLED };

typedef task_t {
    mtype state;
    byte slot, generation; /* the owner; generation 0 is nobody */
    byte attempt, version;
    bool cancel;
    bool committed; /* the journal's row: the effect and the final state in one transaction */
    byte effects;
};

typedef entry_t {
    byte generation;
    bool alive; /* the process table says so */
    bool crashed; /* the kernel knows, the master not yet */
};

task_t task[TASKS];
entry_t entry[ENTRIES];
byte deaths;

#define FINAL(i) (task[i].state == DONE || task[i].state == FAILED || task[i].state == CANCELLED)
#define ALL_FINAL (FINAL(0) && FINAL(1))
#define ANY_READY (task[0].state == READY || task[1].state == READY)
#ifdef NO_GENERATION
#define LIVES(s, g) (entry[s].alive)
#else
#define LIVES(s, g) (entry[s].alive && entry[s].generation == g)
#endif
#define ORPHAN(i) ((task[i].state == CLAIMED || task[i].state == RUNNING) && !LIVES(task[i].slot, task[i].generation))
#ifdef HEARTBEAT_IS_DEATH
#define TO_SETTLE (ORPHAN(0) || ORPHAN(1) || task[0].state == RUNNING)
#else
#define TO_SETTLE (ORPHAN(0) || ORPHAN(1))
#endif
#ifdef NO_VERSION
#define SAME(i, v) (true)
#else
#define SAME(i, v) (task[i].version == v)
#endif

inline put(i, to)
{
    assert(!FINAL(i)); /* a final state is for ever */
    task[i].state = to;
    task[i].version++;
    if
    :: to == CLAIMED || to == RUNNING
    :: else -> task[i].slot = 0; task[i].generation = 0
    fi
}

#define MAYBE_DIE                                                                                                      \
    if                                                                                                                 \
    :: deaths < DEATHS -> deaths++; entry[me].crashed = true; goto dead                                                \
    :: skip                                                                                                            \
    fi

proctype runner(byte me; byte mine)
{
    byte i, seen;
    bool stop;

    do
    :: atomic {
           ANY_READY ->
           if
           :: task[0].state == READY -> i = 0
           :: task[1].state == READY -> i = 1
           fi;
           put(i, CLAIMED);
           task[i].slot = me;
           task[i].generation = mine
       };
       MAYBE_DIE;
       atomic { /* the cancel flag may have moved the version: read and change until it fits */
           assert(task[i].slot == me && task[i].generation == mine);
           task[i].attempt++;
           put(i, RUNNING)
       };
       MAYBE_DIE;
       stop = task[i].cancel;
       if
       :: stop -> skip
       :: else ->
           MAYBE_DIE;
           atomic { task[i].effects++; task[i].committed = true; assert(task[i].effects == 1) };
           MAYBE_DIE
       fi;
       do
       :: seen = task[i].version;
          atomic {
              if
              :: SAME(i, seen) ->
                  assert(task[i].slot == me && task[i].generation == mine); /* nobody took it from me */
                  if
                  :: stop -> put(i, CANCELLED)
                  :: else -> put(i, DONE)
                  fi;
                  break
              :: else
              fi
          }
       od;
       MAYBE_DIE
    :: ALL_FINAL -> goto over
    od;
dead:
over:
    skip
}

/* Reaps, and gives the entry to a successor at once, whether or not the janitor has settled the dead one: the generation
 * alone keeps them apart. */
active proctype master()
{
    byte s;

    atomic {
        s = 0;
        do
        :: s < ENTRIES -> entry[s].generation = 1; entry[s].alive = true; run runner(s, 1); s++
        :: else -> break
        od;
        s = 0
    };
    do
    :: atomic { entry[0].crashed -> entry[0].crashed = false; entry[0].alive = false; s = 0 }; goto restart
    :: atomic { entry[1].crashed -> entry[1].crashed = false; entry[1].alive = false; s = 1 }; goto restart
    :: ALL_FINAL -> break
    od;
    goto over;
restart:
    atomic { entry[s].generation++; entry[s].alive = true; run runner(s, entry[s].generation) };
    do
    :: atomic { entry[0].crashed -> entry[0].crashed = false; entry[0].alive = false; s = 0 }; goto restart
    :: atomic { entry[1].crashed -> entry[1].crashed = false; entry[1].alive = false; s = 1 }; goto restart
    :: ALL_FINAL -> break
    od;
over:
    skip
}

active proctype janitor()
{
    byte i, seen;
    bool committed;

    do
    :: atomic {
           TO_SETTLE ->
           if
           :: ORPHAN(0) -> i = 0
           :: ORPHAN(1) -> i = 1
#ifdef HEARTBEAT_IS_DEATH
           :: task[0].state == RUNNING -> i = 0
#endif
           fi;
           seen = task[i].version
       };
       committed = task[i].committed; /* asks the journal */
#ifdef NO_JOURNAL
       committed = false;
#endif
       atomic {
           if
           :: SAME(i, seen) && !FINAL(i) ->
               if
               :: committed -> put(i, DONE)
               :: !committed && task[i].attempt >= ATTEMPTS -> put(i, FAILED)
               :: else -> put(i, READY)
               fi
           :: else
           fi
       }
    :: ALL_FINAL -> break
    od
}

/* One request for the first task, at any moment. */
active proctype canceller()
{
    byte seen;
    bool ready;

    atomic { seen = task[0].version; ready = task[0].state == READY };
    do
    :: ready ->
        atomic {
            if
            :: SAME(0, seen) -> put(0, CANCELLED); break
            :: else -> seen = task[0].version; ready = task[0].state == READY
            fi
        }
    :: else ->
        atomic {
            if
            :: !FINAL(0) -> task[0].cancel = true; task[0].version++
            :: else
            fi;
            break
        }
    od
}

/* Nobody can move: everything accepted has ended. */
active proctype audit()
{
    timeout;
    assert(ALL_FINAL);
    assert((task[0].effects == 1) == (task[0].state == DONE));
    assert((task[1].effects == 1) == (task[1].state == DONE))
}

init
{
    task[0].state = READY;
    task[1].state = READY
}

/* The one timer of the page: at most one request in 500 ms, one in flight. A poll asks for all running tasks at once and is mostly
 * answered with 304; other reads (a list, counts, a log) take its tick. A hidden page is slower. */
import { get, passes } from './api.js';
import { facts, tasks } from './store.js';
import { randomId, read, write } from './kept.js';

const TICK_MS = 500;
const FIRST_MS = 150;
const HIDDEN_MS = 5000;
const IDS_MOST = 50;
const LEASE_MS = 3000;
const WAITS = [500, 1000, 2000, 4000, 8000, 15000, 30000];

/** @typedef {{every: number, due: number, run: () => Promise<import('./api.js').Answer | void>}} Job */

const me = randomId();
/** @type {Set<Job>} */
const jobs = new Set();
/** @type {Map<string, number>} on the screen, by how many */
const onScreen = new Map();
/** @type {() => string[]} */
let ownIds = () => [];
/** @type {(ended: any[], missing: string[]) => void} */
let whenEnded = () => {};
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let dueAt = 0;
let busy = false;
let paused = false;
let failures = 0;
let tag = '';
let tagFor = '';
const channel = typeof document !== 'undefined' && typeof BroadcastChannel === 'function' ? new BroadcastChannel('pf') : null;
const hidden = () => typeof document !== 'undefined' && document.hidden;

/** One tab polls for the tasks of all; a visible one takes it over from a hidden one. */
function isLeader() {
    const lease = read('pf.lead', { by: '', until: 0, hidden: false });
    const free = lease.by === me || lease.until < Date.now() || (lease.hidden && !hidden());
    if (free) write('pf.lead', { by: me, until: Date.now() + LEASE_MS + (hidden() ? 2 * HIDDEN_MS : 0), hidden: hidden() });
    return free;
}

function idsToAsk() {
    const seen = [...onScreen.keys()].filter((id) => (tasks.get(id)?.status ?? 'running') === 'running');
    const all = new Set(seen);
    if (isLeader()) for (const id of ownIds()) all.add(id);
    return [...all].slice(0, IDS_MOST);
}

/** @param {any[]} list @param {string[]} missing */
function take(list, missing) {
    const ended = [];
    for (const task of list) {
        tasks.set(task.id, task);
        if (task.status !== 'running') ended.push(task);
    }
    if (ended.length || missing.length) whenEnded(ended, missing);
}

/** @param {string[]} ids */
async function poll(ids) {
    const wanted = ids.join(',');
    const answer = await get('api/tasks', { ids: wanted, view: 'full', limit: IDS_MOST }, { tag: wanted === tagFor ? tag : '' });
    if (answer.status === 200 && answer.ok) {
        tag = answer.tag;
        tagFor = wanted;
        take(answer.data.tasks, answer.data.missing ?? []);
        channel?.postMessage({ tasks: answer.data.tasks });
    }
    return answer;
}

/** @param {import('./api.js').Answer | void} answer */
function judge(answer) {
    if (!answer || answer.ok || !passes(answer.problem)) {
        failures = 0;
        return 0;
    }
    const wait = WAITS[Math.min(failures, WAITS.length - 1)] * (0.8 + 0.4 * Math.random());
    const ms = Math.max(wait, answer.problem.retry * 1000);
    failures++;
    facts.set('away', { since: facts.get('away')?.since ?? Date.now(), next: Date.now() + ms });
    return ms;
}

async function tick() {
    if (busy || paused) return;
    busy = true;
    const now = Date.now();
    const job = [...jobs].filter((one) => one.due <= now).sort((a, b) => a.due - b.due)[0];
    const ids = job ? [] : idsToAsk();
    let answer;
    try {
        if (job) {
            job.due = now + job.every * (hidden() ? 5 : 1);
            answer = await job.run();
        } else if (ids.length) answer = await poll(ids);
    } finally {
        busy = false;
    }
    const wait = judge(answer);
    plan(wait || pauseBefore());
}

/** The wait to the next tick; 0 = there is nothing to do. */
function pauseBefore() {
    const next = Math.min(...[...jobs].map((job) => job.due - Date.now()));
    const asks = idsToAsk().length ? (hidden() ? HIDDEN_MS : TICK_MS) : Infinity;
    const ms = Math.min(asks, Math.max(next, TICK_MS));
    return ms === Infinity ? 0 : ms;
}

/** @param {number} ms */
function plan(ms) {
    clearTimeout(timer);
    timer = undefined;
    if (ms === 0 || paused) return;
    dueAt = Date.now() + ms;
    timer = setTimeout(tick, ms);
}

/** Something has begun: look soon, since small tasks end at once. */
export function wake() {
    if (busy || (timer !== undefined && dueAt - Date.now() <= FIRST_MS)) return;
    if (failures === 0) plan(FIRST_MS);
}

/** Try now, whatever the wait is. */
export function tryNow() {
    if (!busy) plan(1);
}

/** Until a token is entered nothing is asked. @param {boolean} stop */
export function pauseClock(stop) {
    paused = stop;
    if (stop) clearTimeout(timer);
    else plan(FIRST_MS);
}

/** @param {number} every ms @param {() => Promise<import('./api.js').Answer | void>} run @param {AbortSignal} signal @param {number} [first] ms */
export function repeat(every, run, signal, first = 0) {
    const job = { every, due: Date.now() + first, run };
    jobs.add(job);
    signal.addEventListener('abort', () => jobs.delete(job));
    wake();
    return job;
}

/** Keep this task fresh while it is on the screen. @param {string} id @param {AbortSignal} signal */
export function keepFresh(id, signal) {
    onScreen.set(id, (onScreen.get(id) ?? 0) + 1);
    signal.addEventListener('abort', () => {
        const left = (onScreen.get(id) ?? 1) - 1;
        if (left) onScreen.set(id, left);
        else onScreen.delete(id);
    });
    wake();
}

/** @param {() => string[]} ids @param {(ended: any[], missing: string[]) => void} ended */
export function startClock(ids, ended) {
    ownIds = ids;
    whenEnded = ended;
    channel?.addEventListener('message', (event) => {
        if (Array.isArray(event.data?.tasks)) take(event.data.tasks, []);
    });
    document.addEventListener('visibilitychange', () => !hidden() && tryNow());
    addEventListener('online', tryNow);
    addEventListener('pagehide', () => {
        if (read('pf.lead', { by: '' }).by === me) write('pf.lead', null);
    });
    plan(FIRST_MS);
}

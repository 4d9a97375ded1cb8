/* The tasks that this browser started, and which of them have been announced. All tabs share them. */
import { keys, randomId, read, write } from './kept.js';
import { send, start } from './api.js';
import { wake } from './clock.js';

/** @typedef {{type: string, label: string, started: number}} Mine */

const WEEK_MS = 7 * 86400000;
const MOST = 200;

/** @returns {Record<string, Mine>} */
export function mine() {
    return read('pf.mine', /** @type {Record<string, Mine>} */ ({}));
}

/** @param {string} id @param {string} type @param {string} label */
export function addMine(id, type, label) {
    const all = Object.entries(mine()).filter(([, entry]) => Date.now() - entry.started < WEEK_MS);
    const kept = Object.fromEntries(all.slice(-MOST + 1));
    kept[id] = { type, label, started: Date.now() };
    write('pf.mine', kept);
    wake();
}

/** @param {string} id */
export function dropMine(id) {
    const kept = mine();
    delete kept[id];
    write('pf.mine', kept);
}

function forgetOldClaims() {
    const all = keys('pf.shown.')
        .map((key) => ({ key, at: read(key, { at: 0, by: '' }).at }))
        .sort((a, b) => b.at - a.at);
    for (const [i, one] of all.entries()) if (i >= MOST || Date.now() - one.at > WEEK_MS) write(one.key, null);
}

/** True for exactly one caller in the whole browser, once for each id. @param {string} id @returns {Promise<boolean>} */
export async function claim(id) {
    const key = `pf.shown.${id}`;
    const free = () => read(key, { at: 0, by: '' }).at === 0;
    const take = (/** @type {string} */ by) => write(key, { at: Date.now(), by });
    if (!free()) return false;
    forgetOldClaims();
    if (navigator.locks)
        return navigator.locks.request(key, () => {
            if (!free()) return false;
            take('lock');
            return true;
        });
    const me = randomId();
    take(me);
    await new Promise((resolve) => setTimeout(resolve, 60));
    return read(key, { at: 0, by: '' }).by === me;
}

/**
 * Start a task by JSON. The key is written down before the request, so that a lost answer is found again after a reload.
 * @param {string} path @param {unknown} body @param {string} type @param {string} label
 * @param {{signal?: AbortSignal, waits?: (seconds: number) => void, query?: Record<string, any>, form?: Record<string, any> | null}} [more]
 */
export async function begin(path, body, type, label, more = {}) {
    const key = randomId();
    write(`pf.pending.${key}`, { path, body, type, label, query: more.query ?? {}, form: more.form ?? null, at: Date.now() });
    const answer = await start(path, body, { ...more, key });
    settle(key, answer, type, label);
    return answer;
}

/** @param {string} key @param {import('./api.js').Answer} answer @param {string} type @param {string} label */
function settle(key, answer, type, label) {
    if (answer.ok) addMine(answer.data.task_id, type, label);
    const lost = !answer.ok && (answer.problem.kind === 'away' || answer.problem.kind === 'left');
    if (!lost) write(`pf.pending.${key}`, null);
}

/** At load: what was asked for and never answered is asked for again with its key. */
export async function findLostStarts() {
    for (const name of keys('pf.pending.')) {
        const pending = read(name, { path: '', body: undefined, type: '', label: '', query: {}, form: /** @type {any} */ (null), at: 0 });
        const key = name.replace('pf.pending.', '');
        if (Date.now() - pending.at > 86400000) write(name, null);
        else if (Date.now() - pending.at > 15000) {
            const headers = { 'Idempotency-Key': key };
            settle(
                key,
                await send('POST', pending.path, { body: pending.body, query: pending.query, form: pending.form, headers }),
                pending.type,
                pending.label,
            );
        }
    }
}

/* What the numbers of the service mean: rates between two answers, processes by kind, tasks by the hour. */
import { get } from '../js/api.js';

const KINDS = ['worker', 'runner', 'janitor', 'parser', 'database'];
const HOUR_MS = 3600000;
const PAGES_MOST = 5;

/** @param {any[]} processes */
export function alive(processes) {
    return processes.filter((one) => one.state === 'active' || one.state === 'starting').length;
}

/** @param {any[]} processes */
export function kinds(processes) {
    return KINDS.map((kind) => {
        const all = processes.filter((one) => one.kind === kind);
        const beats = all.filter((one) => one.beat_age_ms !== null && one.state === 'active').map((one) => one.beat_age_ms);
        return { kind, all, beat: beats.length ? Math.max(...beats) : null, age: Math.max(0, ...all.map((one) => one.age_ms)) };
    }).filter((row) => row.all.length);
}

/** As /readyz says it, which a proxy need not pass on. @param {any} now */
export function isReady(now) {
    return (
        now.database.up &&
        ['worker', 'runner', 'janitor'].every((kind) =>
            now.processes.some((/** @type {any} */ one) => one.kind === kind && one.state === 'active'),
        )
    );
}

/** @param {any} now */
export function uptime(now) {
    return Math.max(0, ...now.processes.map((/** @type {any} */ one) => one.age_ms));
}

/** Between the first and the last answer. @param {any[]} samples @returns {{requests: number | null, unchanged: number | null, held: number | null}} */
export function ratesOf(samples) {
    const first = samples[0];
    const last = samples[samples.length - 1];
    const seconds = first ? (Date.parse(last.now) - Date.parse(first.now)) / 1000 : 0;
    if (seconds < 1) return { requests: null, unchanged: null, held: null };
    const grown = (/** @type {string} */ name) => last.totals[name] - first.totals[name];
    return {
        requests: grown('requests') / seconds,
        unchanged: grown('requests') > 0 ? Math.round((grown('unchanged') * 100) / grown('requests')) : 0,
        held: grown('polls_held') / seconds,
    };
}

/** The tasks of the last day, at most a thousand. @param {AbortSignal} signal */
export async function lastDay(signal) {
    const after = new Date(Date.now() - 24 * HOUR_MS).toISOString();
    /** @type {any[]} */
    const found = [];
    let cursor = '';
    for (let page = 0; page < PAGES_MOST; page++) {
        const answer = await get('api/tasks', { created_after: after, limit: 200, cursor }, { signal });
        if (!answer.ok) break;
        found.push(...answer.data.tasks);
        cursor = answer.data.next_cursor ?? '';
        if (!cursor) break;
    }
    return found;
}

/** @param {any[]} tasks @param {string[]} types @param {string} now */
function hours(tasks, types, now) {
    const own = tasks.filter((task) => types.includes(task.type) && task.done_at);
    const counts = Array.from({ length: 24 }, () => 0);
    for (const task of own) {
        const ago = Math.floor((Date.parse(now) - Date.parse(task.done_at)) / HOUR_MS);
        if (ago >= 0 && ago < 24) counts[23 - ago]++;
    }
    return { ended: own.length, failed: own.filter((task) => task.status === 'error').length, hours: counts };
}

/** A row for each type; both kinds of undo are one. @param {any} now @param {any[]} day */
export function queueRows(now, day) {
    const rows = Object.entries(now.queue.types).map(([type, one]) => ({ type, .../** @type {any} */ (one) }));
    const undo = rows.filter((row) => row.type.endsWith('_undo'));
    const sum = (/** @type {string} */ name) => undo.reduce((n, row) => n + row[name], 0);
    const merged = undo.length
        ? [
              {
                  type: undo[0].type,
                  types: undo.map((row) => row.type),
                  waiting: sum('waiting'),
                  running: sum('running'),
                  limit: undo[0].limit,
              },
          ]
        : [];
    return [...rows.filter((row) => !row.type.endsWith('_undo')).map((row) => ({ ...row, types: [row.type] })), ...merged].map((row) => ({
        ...row,
        ...hours(day, row.types, now.now),
    }));
}

/* Is all well? Processes, queue, rates, database, version. Nothing can be done here. */
import { fill, h, put, svg, text, visible } from '../ui/dom.js';
import { heading, link, mark, problemBox } from '../ui/parts.js';
import { dec, int } from '../ui/number.js';
import { moment, span } from '../ui/date.js';
import { table } from '../ui/table.js';
import { get } from '../js/api.js';
import { repeat } from '../js/clock.js';
import { t } from '../js/words.js';
import { typeName } from '../js/tasktext.js';
import { alive, isReady, kinds, lastDay, queueRows, ratesOf, uptime } from './operation_facts.js';

export const operation = {
    path: 'operation',
    label: () => t('Operation'),
    title: () => t('Operation'),
    takes: (/** @type {string[]} */ parts) => parts.length === 1 && parts[0] === 'operation',
    mount,
};

/** @param {string} kind */
function kindWord(kind) {
    switch (kind) {
        case 'worker':
            return t('Workers');
        case 'runner':
            return t('Runners');
        case 'parser':
            return t('File readers');
        case 'janitor':
            return t('Housekeeping');
        default:
            return t('Database');
    }
}

function processTable() {
    return table({
        caption: t('Processes'),
        key: (row) => row.kind,
        columns: [
            { head: t('Process'), cell: (row) => kindWord(row.kind) },
            {
                head: t('State'),
                kind: 'main',
                cell: (row) =>
                    alive(row.all) < row.all.length ? mark('bad', 'failed', t('some are dead')) : mark('ok', 'done', t('alive')),
            },
            { head: t('Count'), kind: 'num', cell: (row) => int(row.all.length) },
            { head: t('Alive'), kind: 'num', cell: (row) => int(alive(row.all)) },
            { head: t('Oldest sign of life'), kind: 'num', cell: (row) => (row.beat === null ? '–' : span(row.beat)) },
            { head: t('Oldest start'), kind: 'num', cell: (row) => span(row.age) },
        ],
    });
}

/** Ended tasks hour by hour, the newest at the right. @param {number[]} counts */
function dayBars(counts) {
    const most = Math.max(1, ...counts);
    const bars = counts.map((n, at) =>
        svg('rect', { x: at * 5, width: 4, y: 20 - (n ? Math.max(2, (n * 20) / most) : 0), height: n ? Math.max(2, (n * 20) / most) : 0 }),
    );
    return svg('svg', { viewBox: '0 0 120 20', width: 120, height: 20, class: 'day-bars', 'aria-hidden': 'true' }, bars);
}

function queueTable() {
    return table({
        caption: t('Queue'),
        key: (row) => row.type,
        columns: [
            { head: t('Task'), cell: (row) => link(typeName(row), `#/tasks?type=${row.types.join(',')}`) },
            { head: t('Waiting'), kind: 'main num', cell: (row) => int(row.waiting) },
            { head: t('Running'), kind: 'num', cell: (row) => int(row.running) },
            { head: t('At once'), kind: 'num', cell: (row) => (row.limit === null ? '–' : int(row.limit)) },
            { head: t('Ended in 24 h'), kind: 'num', cell: (row) => int(row.ended) },
            { head: t('Failed of them'), kind: 'num', cell: (row) => (row.failed ? h('b', { class: 'tone-bad' }, int(row.failed)) : '0') },
            { head: t('By the hour'), kind: 'wide', cell: (row) => dayBars(row.hours), patch: patchBars },
        ],
    });
}

/** @param {HTMLElement} td @param {any} row */
function patchBars(td, row) {
    const drawn = row.hours.join(' ');
    if (td.dataset.drawn === drawn) return;
    td.dataset.drawn = drawn;
    fill(td, dayBars(row.hours));
}

/** Named values that are patched. @param {[string, string][]} names key and word */
function factList(names) {
    const values = names.map(([key, word]) => ({ key, word, dd: h('dd', null) }));
    const el = h(
        'dl',
        { class: 'facts block' },
        values.map(({ word, dd }) => h('div', null, h('dt', null, word), dd)),
    );
    const set = (/** @type {Record<string, string>} */ now) => values.forEach(({ key, dd }) => text(dd, now[key] ?? ''));
    return { el, set };
}

/** What is weak or wrong, with what to do. @param {any} now */
function warnings(now) {
    const said = (/** @type {string} */ english) => h('p', { lang: 'en', class: 'muted' }, visible(english));
    const found = [];
    if (!now.database.up)
        found.push(
            h(
                'div',
                { class: 'problem' },
                h('h2', null, t('The database does not answer')),
                h('p', null, t('Reading and new tasks wait until it is back; nothing that was accepted is lost.')),
                now.database.trouble && said(now.database.trouble),
            ),
        );
    if (now.database.weakness)
        found.push(
            h(
                'div',
                { class: 'question' },
                h('h2', null, t('A power cut can lose accepted tasks')),
                said(now.database.weakness),
                h(
                    'details',
                    null,
                    h('summary', null, t('What to do')),
                    h('p', null, t('Set these in the configuration of the database and restart it:')),
                    h('pre', { class: 'log' }, 'innodb_flush_log_at_trx_commit = 1\nsync_binlog = 1'),
                ),
            ),
        );
    for (const kind of ['runner', 'janitor'])
        if (!now.processes.some((/** @type {any} */ one) => one.kind === kind && one.state === 'active'))
            found.push(
                h(
                    'div',
                    { class: 'problem' },
                    h('h2', null, kind === 'runner' ? t('No runner is alive: tasks wait') : t('Housekeeping is not alive')),
                ),
            );
    return found;
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, signal }) {
    const state = h('p', { class: 'operation-state', role: 'status' });
    const fault = h('div', null);
    const warned = h('div', null);
    const about = factList([
        ['version', t('Version')],
        ['up', t('Up')],
        ['database', t('Database')],
        ['schema', t('Schema of the database')],
    ]);
    const rates = factList([
        ['waiting', t('Waiting')],
        ['running', t('Running')],
        ['requests', t('Requests a second')],
        ['unchanged', t('Answered with 304')],
        ['held', t('Held polls a second')],
        ['started', t('Tasks since the start')],
        ['waits', t('Began again: locks, database')],
        ['places', t('Places for tasks in use')],
    ]);
    const oldest = h('p', { class: 'muted' });
    const processes = processTable();
    const queue = queueTable();
    const framed = (/** @type {string} */ title, /** @type {Node[]} */ ...inside) =>
        h('section', { class: 'block' }, h('h2', null, title), inside);
    const frame = (/** @type {HTMLElement} */ el) => h('div', { class: 'table-frame' }, el);
    put(
        main,
        heading(t('Operation')),
        state,
        fault,
        warned,
        about.el,
        framed(t('Rates'), rates.el),
        framed(t('Processes'), frame(processes.el)),
        framed(t('Queue'), oldest, frame(queue.el)),
    );
    /** @type {any[]} */
    const samples = [];
    /** @type {any[]} */
    let day = [];
    /** @type {any} */
    let version = null;
    let shown = '';
    const draw = (/** @type {any} */ now) => {
        const ready = isReady(now);
        if (shown !== String(ready)) fill(state, ready ? mark('ok', 'done', t('Ready')) : mark('bad', 'failed', t('Not ready')));
        const found = warnings(now);
        if (warned.textContent !== found.map((el) => el.textContent).join('')) fill(warned, found);
        shown = String(ready);
        about.set({
            version: version ? `${version.version} (${version.commit.slice(0, 7)})` : '',
            up: span(uptime(now)),
            database: now.database.built_in ? t('built-in, for evaluation and small sites') : t('a server of its own'),
            schema: version ? int(version.schema) : '',
        });
        rates.set(rateWords(samples, now));
        processes.set(kinds(now.processes));
        queue.set(queueRows(now, day));
        fill(oldest, now.queue.oldest_at && [t('The oldest one waits since'), ' ', moment(now.queue.oldest_at)]);
    };
    const refresh = async () => {
        const answer = await get('api/operation', {}, { signal });
        if (signal.aborted) return answer;
        fill(fault, answer.ok || answer.problem.kind === 'away' ? '' : problemBox(answer.problem));
        if (!answer.ok) return answer;
        samples.push(answer.data);
        if (samples.length > 15 || samples[0].totals.requests > answer.data.totals.requests) samples.shift();
        draw(answer.data);
        return answer;
    };
    repeat(2000, refresh, signal);
    repeat(
        60000,
        async () => {
            const answer = await get('version', {}, { signal });
            if (answer.ok) version = answer.data;
            day = await lastDay(signal);
            if (!signal.aborted && samples.length) draw(samples[samples.length - 1]);
            return answer;
        },
        signal,
    );
}

/** @param {any[]} samples @param {any} now @returns {Record<string, string>} */
function rateWords(samples, now) {
    const rates = ratesOf(samples);
    const one = (/** @type {number | null} */ value) => (value === null ? '…' : dec(value.toFixed(1)));
    const sum = (/** @type {string} */ name) => Object.values(now.queue.types).reduce((n, /** @type {any} */ type) => n + type[name], 0);
    return {
        waiting: int(sum('waiting')),
        running: int(sum('running')),
        requests: one(rates.requests),
        unchanged: rates.unchanged === null ? '…' : `${rates.unchanged}\u00a0%`,
        held: one(rates.held),
        started: int(now.totals.started),
        waits: `${int(now.totals.waits_locked)}, ${int(now.totals.waits_database)}`,
        places: t('{done} of {total}', { done: int(now.slots.live + now.slots.ended), total: int(now.slots.all) }),
    };
}

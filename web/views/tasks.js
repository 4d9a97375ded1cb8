/* All tasks: by state, type and day; running ones move. */
import { fill, h } from '../ui/dom.js';
import { button, empty, field, heading, problemBox, select } from '../ui/parts.js';
import { get } from '../js/api.js';
import { repeat } from '../js/clock.js';
import { tasks as store } from '../js/store.js';
import { go, hashOf } from '../js/router.js';
import { t } from '../js/words.js';
import { taskTable } from './tasks_table.js';

export const tasks = {
    path: 'tasks',
    label: () => t('Tasks'),
    title: () => t('Tasks'),
    rail: true,
    takes: (/** @type {string[]} */ parts) => parts.length === 1 && parts[0] === 'tasks',
    mount,
};

/* By the name in the path: the word, and what the API is asked for. */
const STATES = /** @type {[string, () => string, Record<string, string>][]} */ ([
    ['', () => t('All'), {}],
    ['waiting', () => t('Waiting'), { state: 'waiting' }],
    ['running', () => t('Running'), { state: 'running,interrupted' }],
    ['done', () => t('Done'), { status: 'completed' }],
    ['failed', () => t('Failed or stopped'), { status: 'error' }],
]);

/** @param {Record<string, string>} query */
function filters(query) {
    const now = (/** @type {Record<string, string>} */ change) => go(['tasks'], { ...query, ...change });
    const tabs = h(
        'nav',
        { class: 'tabs', 'aria-label': t('State') },
        STATES.map(([state, label]) =>
            h(
                'a',
                { href: hashOf(['tasks'], { ...query, state }), 'aria-current': (query.state ?? '') === state ? 'true' : null },
                label(),
            ),
        ),
    );
    const type = select(
        [
            ['', t('All')],
            ['stock_import', t('Stock import')],
            ['quotes_import', t("Supplier's prices import")],
            ['catalog_import', t('Catalogue import')],
            ['recalculate', t('Recalculation')],
            ['pricelist_create', t('Price list')],
            ['stock_undo,quotes_undo', t('Undo of an import')],
        ],
        query.type ?? '',
    );
    type.addEventListener('change', () => now({ type: type.value }));
    const from = h('input', { type: 'date', value: query.from ?? '' });
    from.addEventListener('change', () => now({ from: from.value }));
    const to = h('input', { type: 'date', value: query.to ?? '' });
    to.addEventListener('change', () => now({ to: to.value }));
    return h(
        'div',
        { class: 'filters' },
        tabs,
        h('div', { class: 'row' }, field(t('Type'), type).el, field(t('From'), from).el, field(t('To'), to).el),
    );
}

/** Local days as moments. @param {Record<string, string>} query */
function asked(query) {
    const instant = (/** @type {string | undefined} */ day, /** @type {string} */ time) =>
        day ? new Date(`${day}T${time}`).toISOString() : '';
    return {
        ...STATES.find(([state]) => state === query.state)?.[2],
        type: query.type,
        created_after: instant(query.from, '00:00:00'),
        created_before: instant(query.to, '23:59:59.999'),
        view: 'full',
    };
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, query, signal, again }) {
    const table = taskTable(t('Tasks'), signal);
    const below = h('div', { class: 'pages' });
    main.append(heading(t('Tasks')), filters(query), table.el, below);
    /** @type {any[]} */
    let rows = [];
    let tag = '';
    let paged = false;
    const nothing = () =>
        empty(t('Nothing matches.'), Object.keys(query).length ? button(t('Clear filters'), () => go(['tasks'])) : undefined);
    const draw = (/** @type {string | null} */ cursor) => {
        for (const task of rows) store.set(task.id, task);
        table.set(rows);
        fill(below, cursor ? button(t('Load more'), () => more(cursor)) : rows.length === 0 ? nothing() : '');
    };
    const more = async (/** @type {string} */ cursor) => {
        paged = true;
        const answer = await get('api/tasks', { ...asked(query), limit: 50, cursor }, { signal });
        if (signal.aborted) return;
        if (!answer.ok)
            return void fill(
                below,
                problemBox(answer.problem, () => more(cursor)),
            );
        rows = [...rows, ...answer.data.tasks].slice(-600);
        draw(answer.data.next_cursor);
    };
    const refresh = async () => {
        const answer = await get('api/tasks', { ...asked(query), limit: 50 }, { signal, tag });
        if (signal.aborted || answer.status === 304) return answer;
        if (!answer.ok) {
            if (answer.problem.kind !== 'away') fill(below, problemBox(answer.problem, again));
            return answer;
        }
        tag = answer.tag;
        const fresh = answer.data.tasks;
        const known = new Set(fresh.map((/** @type {any} */ task) => task.id));
        if (paged) {
            rows = [...fresh, ...rows.filter((task) => !known.has(task.id))].slice(0, 600);
            for (const task of rows) store.set(task.id, task);
            table.set(rows);
        } else {
            rows = fresh;
            draw(answer.data.next_cursor);
        }
        return answer;
    };
    repeat(5000, refresh, signal);
}

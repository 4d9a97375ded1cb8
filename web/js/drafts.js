/* Files that were dropped here: from the choice of what they are, over upload and check, to the import. They outlive a change of view. */
import { get } from './api.js';
import { upload } from './upload.js';
import { begin, addMine } from './mine.js';
import { randomId, read, write } from './kept.js';
import { tasks } from './store.js';
import { may, uploadLimit } from './session.js';

/** @typedef {'stock' | 'quotes' | 'catalog'} Kind */
/**
 * @typedef {object} Draft
 * @property {string} id
 * @property {string} name
 * @property {File} file
 * @property {Kind} kind
 * @property {string} target warehouse, party or table; "" = not chosen
 * @property {'choose' | 'sending' | 'task' | 'refused'} state task: the check or the import is a task of the daemon
 * @property {number} part of the upload, 0 to 1
 * @property {number} waits seconds until the next try
 * @property {string} task
 * @property {import('./api.js').Problem | null} problem
 * @property {AbortController} stop
 */

/** @type {Draft[]} */
export const drafts = [];
/** @type {Set<() => void>} */
const watchers = new Set();

/** @param {() => void} fn @param {AbortSignal} signal */
export function watchDrafts(fn, signal) {
    watchers.add(fn);
    signal.addEventListener('abort', () => watchers.delete(fn));
}

export function draftsChanged() {
    for (const fn of [...watchers]) fn();
}

/** The same name on another day: digits do not count. @param {string} name */
export function shapeOf(name) {
    return name.toLowerCase().replace(/\d+/g, '#').slice(0, 120);
}

const TABLES = ['components', 'part_numbers', 'parties', 'warehouses', 'rates', 'quotes'];

/** What the words of a name say. @param {string} name @returns {{kind: Kind, target: string}} */
export function guess(name) {
    const known = read('pf.shapes', /** @type {Record<string, {kind: Kind, target: string}>} */ ({}))[shapeOf(name)];
    if (known) return known;
    const lower = name.toLowerCase();
    const table = TABLES.find((one) => lower.replace(/[^a-z_]/g, '').startsWith(one));
    if (table && lower.endsWith('.csv')) return { kind: 'catalog', target: table };
    if (/прайс|price|(^|[^а-яё])кп([^а-яё]|$)|quote|offer/.test(lower) && !/остат|склад|stock/.test(lower))
        return { kind: 'quotes', target: '' };
    return { kind: 'stock', target: '' };
}

/** @param {string} name @param {Kind} kind @param {string} target */
export function rememberShape(name, kind, target) {
    const all = read('pf.shapes', /** @type {Record<string, {kind: Kind, target: string}>} */ ({}));
    delete all[shapeOf(name)];
    const kept = Object.entries(all).slice(-99);
    write('pf.shapes', Object.fromEntries([...kept, [shapeOf(name), { kind, target }]]));
}

/** Codes of warehouses or parties. @param {Kind} kind @returns {Promise<[string, string][]>} */
export async function targets(kind) {
    if (kind === 'catalog') return TABLES.map((name) => [name, name]);
    const path = kind === 'stock' ? 'api/warehouses' : 'api/parties';
    const answer = await get(path, { limit: 200, ...(kind === 'quotes' ? { active: true } : {}) });
    if (!answer.ok) return [];
    const rows = answer.data[kind === 'stock' ? 'warehouses' : 'parties'];
    return rows.map((/** @type {any} */ row) => [kind === 'quotes' ? `${row.kind}/${row.code}` : row.code, `${row.code} – ${row.name}`]);
}

/** @param {Iterable<File>} files */
export async function addFiles(files) {
    for (const file of files) {
        const known = guess(file.name);
        /** @type {Draft} */
        const draft = {
            id: randomId(),
            name: file.name,
            file,
            ...known,
            state: 'choose',
            part: 0,
            waits: 0,
            task: '',
            problem: null,
            stop: new AbortController(),
        };
        drafts.push(draft);
        if (file.size > uploadLimit()) tooLarge(draft);
        else await chooseAlone(draft);
    }
    draftsChanged();
}

/** @param {Draft} draft */
function tooLarge(draft) {
    draft.state = 'refused';
    draft.problem = { kind: 'body-too-large', status: 413, title: '', detail: '', errors: [], retry: 0, id: '' };
}

/** Where there is one warehouse alone nobody need be asked; then the check starts by itself. @param {Draft} draft */
async function chooseAlone(draft) {
    if (!draft.target && draft.kind === 'stock') {
        const known = await targets('stock');
        if (known.length === 1) draft.target = known[0][0];
    }
    if (draft.target && may('start')) check(draft);
}

/** @param {Draft} draft */
export function removeDraft(draft) {
    draft.stop.abort();
    drafts.splice(drafts.indexOf(draft), 1);
    draftsChanged();
}

/** @param {Kind} kind @param {string} target @returns {{path: string, query: Record<string, any>, type: string}} */
export function importPath(kind, target) {
    if (kind === 'stock') return { path: 'api/stock/import', query: { warehouse: target }, type: 'stock_import' };
    if (kind === 'catalog') return { path: `api/catalog/${encodeURIComponent(target)}/import`, query: {}, type: 'catalog_import' };
    const [party, code] = target.split(/\/(.*)/s);
    return { path: 'api/quotes/import', query: { kind: party, party: code ?? '' }, type: 'quotes_import' };
}

/** Send the file as a dry run. @param {Draft} draft */
export async function check(draft) {
    const { path, query, type } = importPath(draft.kind, draft.target);
    draft.stop = new AbortController();
    Object.assign(draft, { state: 'sending', part: 0, problem: null });
    rememberShape(draft.name, draft.kind, draft.target);
    draftsChanged();
    const tell = (/** @type {Partial<Draft>} */ change) => (Object.assign(draft, change), draftsChanged());
    const more = {
        signal: draft.stop.signal,
        progress: (/** @type {number} */ part) => tell({ part }),
        waits: (/** @type {number} */ waits) => tell({ waits }),
    };
    const answer = await upload(path, { ...query, dry_run: true, filename: draft.name }, draft.file, more);
    if (answer.ok) {
        addMine(answer.data.task_id, type, draft.name);
        tell({ state: 'task', task: answer.data.task_id });
    } else if (answer.problem.kind === 'left') tell({ state: 'choose' });
    else tell({ state: 'refused', problem: answer.problem });
}

/** The parameters of a task as they are sent again; those that say nothing are left out. @param {any} task @param {Record<string, any>} change */
export function sameAgain(task, change) {
    const all = { ...task.params, ...change };
    delete all.table;
    const sent = Object.entries(all).filter(([, value]) => value !== null && value !== '' && value !== undefined);
    return Object.fromEntries(sent.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : value]));
}

/** @param {any} task */
function pathOf(task) {
    if (task.type === 'stock_import') return 'api/stock/import';
    if (task.type === 'quotes_import') return 'api/quotes/import';
    return `api/catalog/${encodeURIComponent(task.params.table ?? task.result?.table ?? '')}/import`;
}

/**
 * Check again or import the file that an earlier task had. What a check saw must still be the last one on record.
 * @param {any} task @param {Record<string, any>} change @param {{signal?: AbortSignal, waits?: (seconds: number) => void, then?: any[]}} [more]
 */
export function fromTask(task, change, more = {}) {
    const form = sameAgain(task, change);
    const { then, ...rest } = more;
    const query = { from_task: task.id, then: then?.length ? JSON.stringify(then) : '' };
    return begin(pathOf(task), undefined, task.type, task.file?.name ?? '', { ...rest, form, query });
}

/** Import what the check saw. @param {any} task the dry run @param {{signal?: AbortSignal, then?: any[]}} [more] */
export function importChecked(task, more) {
    const r = task.result ?? {};
    const change = /** @type {Record<string, any>} */ ({ dry_run: null });
    if (task.type !== 'catalog_import' && typeof r.last_import === 'number') change.expect_import = r.last_import;
    if (r.deleted > 0 && r.items_before > 0) change.max_delete_pct = Math.min(100, Math.ceil((r.deleted * 100) / r.items_before));
    return fromTask(task, change, more);
}

/** Rows that an import would take. @param {any} task */
export function ready(task) {
    return task?.status === 'completed' && task.params?.dry_run === true && (task.result?.rows_accepted ?? 0) > 0;
}

/** The draft's task has ended, or is on its way. @param {Draft} draft */
export function taskOf(draft) {
    return draft.task ? tasks.get(draft.task) : undefined;
}

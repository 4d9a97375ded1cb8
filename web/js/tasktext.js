/* A task in words: its name, its state, how far it is, and the sentence of its end. */
import { t, tn } from './words.js';
import { data, fileName, h } from '../ui/dom.js';
import { int } from '../ui/number.js';
import { day, span } from '../ui/date.js';
import { reason } from './reasons.js';

/** @param {any} task */
export function isTrial(task) {
    return (task.params?.dry_run ?? task.result?.dry_run) === true;
}

/** @param {any} task */
export function isImport(task) {
    return ['stock_import', 'quotes_import', 'catalog_import'].includes(task.type);
}

/** @param {any} task */
export function typeName(task) {
    if (isTrial(task)) {
        if (isImport(task)) return t('File check');
        if (task.type === 'recalculate') return t('Trial recalculation');
    }
    switch (task.type) {
        case 'stock_import':
            return t('Stock import');
        case 'quotes_import':
            return t("Supplier's prices import");
        case 'catalog_import':
            return t('Catalogue import');
        case 'recalculate':
            return t('Recalculation');
        case 'pricelist_create':
            return t('Price list');
        case 'stock_undo':
        case 'quotes_undo':
            return t('Undo of an import');
        default:
            return task.type;
    }
}

/** @param {any} task */
export function target(task) {
    const params = task.params ?? {};
    return params.warehouse ?? params.party ?? params.table ?? task.result?.warehouse ?? '';
}

/** What it is about, in nodes. @param {any} task */
export function subject(task) {
    const file = task.file?.name ?? task.result?.file?.name;
    const where = target(task);
    if (file && where) return tn('{file} → {where}', { file: fileName(file), where: data(where) });
    if (file) return [fileName(file)];
    if (task.type === 'pricelist_create') return [sourceName(task.params?.source ?? task.result?.source)];
    return where ? [data(where)] : [];
}

/** @param {string} source */
export function sourceName(source) {
    if (source === 'estimate') return t('Estimate');
    if (source === 'warehouse') return t('From stock');
    if (source === 'competitor') return t('Competitors');
    return source ?? '';
}

const QUESTIONS = [
    'E_SHEETS',
    'E_NO_HEADER',
    'E_AMBIGUOUS_COLUMN',
    'E_NUMBER_STYLE',
    'E_TOTALS',
    'E_TOO_MANY_DELETES',
    'E_STOCK_OLDER',
    'E_PRICE_JUMP',
];

/** @param {any} task */
export function isQuestion(task) {
    return task.status === 'error' && QUESTIONS.includes(task.error_detail?.code);
}

/** @typedef {{word: string, icon: string, tone: string}} State */

/** @param {any} task @returns {State} */
export function stateOf(task) {
    if (task.status === 'running') return runningState(task);
    if (task.status === 'completed' && isImport(task) && isTrial(task))
        return task.outcome === 'partial'
            ? { word: t('Checked'), icon: 'part', tone: 'warn' }
            : { word: t('Checked'), icon: 'done', tone: 'ok' };
    if (task.status === 'completed')
        return task.outcome === 'partial'
            ? { word: t('Partly done'), icon: 'part', tone: 'warn' }
            : { word: t('Done'), icon: 'done', tone: 'ok' };
    if (isQuestion(task)) return { word: t('Needs your choice'), icon: 'question', tone: 'warn' };
    const words = { cancelled: t('Stopped'), timed_out: t('Timed out'), interrupted: t('Interrupted'), expired: t('Not started in time') };
    const word = /** @type {Record<string, string>} */ (words)[task.outcome];
    return { word: word ?? t('Failed'), icon: 'failed', tone: task.outcome === 'cancelled' ? 'muted' : 'bad' };
}

/** @param {any} task @returns {State} */
function runningState(task) {
    if (task.phase === 'cancelling' || task.phase === 'stopping') return { word: t('Stopping'), icon: 'running', tone: 'accent' };
    if (task.phase === 'interrupted') return { word: t('Interrupted'), icon: 'waiting', tone: 'warn' };
    if (task.state === 'queued' || task.phase === 'waiting') return { word: t('Waiting'), icon: 'waiting', tone: 'muted' };
    return { word: t('Running'), icon: 'running', tone: 'accent' };
}

/** @param {string | null} phase */
export function phaseWord(phase) {
    switch (phase) {
        case 'reading':
            return t('Reading');
        case 'comparing':
            return t('Comparing');
        case 'calculating':
            return t('Calculating');
        case 'saving':
            return t('Saving');
        case 'waiting':
            return t('Waiting');
        case 'waiting_turn':
            return t('Waiting for another import');
        case 'cancelling':
        case 'stopping':
            return t('Stopping');
        case 'interrupted':
            return t('Interrupted');
        default:
            return t('Running');
    }
}

/** @type {Map<string, {at: number, done: number}[]>} */
const samples = new Map();

/** Rows a second over the last five seconds; 0 = not known. @param {any} task */
function pace(task) {
    const done = task.counters?.done ?? 0;
    const now = Date.now();
    const kept = (samples.get(task.id) ?? []).filter((one) => now - one.at < 5000 && one.done <= done);
    samples.delete(task.id);
    samples.set(task.id, [...kept, { at: now, done }].slice(-12));
    if (samples.size > 50) samples.delete(samples.keys().next().value ?? '');
    const first = kept[0];
    return first && now - first.at >= 1000 ? Math.round(((done - first.done) * 1000) / (now - first.at)) : 0;
}

/** How far, in one line. @param {any} task */
export function progressText(task) {
    const parts = [phaseWord(task.phase)];
    const { total, done } = task.counters ?? {};
    if (total) parts.push(t('{done} of {total}', { done: int(done ?? 0), total: int(total) }));
    else if (done) parts.push(t('rows: {n}', { n: int(done) }));
    const rate = pace(task);
    if (rate > 0) parts.push(t('{n} rows/s', { n: int(rate) }));
    if (task.eta_seconds > 3) parts.push(t('{t} left', { t: span(task.eta_seconds * 1000) }));
    if (task.attempt > 1) parts.push(t('attempt {n}', { n: task.attempt }));
    return parts.join(' · ');
}

/** @typedef {{tone: 'ok' | 'part' | 'bad' | 'question' | 'muted', text: (string | Node)[], href: string, action: string}} Ending */

/** The sentence of the end, for a toast and the head of its page. @param {any} task @returns {Ending} */
export function ending(task) {
    const own = { href: `#/tasks/${task.id}`, action: t('Open') };
    if (task.status === 'completed') return { ...completed(task, own), tone: task.outcome === 'partial' ? 'part' : 'ok' };
    if (isQuestion(task)) return { tone: 'question', text: sentence(task), href: `#/import/${task.id}`, action: t('Answer') };
    return { tone: task.outcome === 'cancelled' ? 'muted' : 'bad', text: sentence(task), ...own };
}

/** @param {any} task */
function name(task) {
    const about = subject(task);
    return h('span', null, about.length ? about : typeName(task));
}

/** @param {any} task @returns {(string | Node)[]} */
function sentence(task) {
    const detail = task.error_detail ?? {};
    if (task.outcome === 'cancelled') return tn('{task} was stopped. Nothing was written.', { task: name(task) });
    const why = reason(detail.code ?? '', detail.args ?? {}, detail.detail || task.error);
    if (isQuestion(task)) return tn('{task} needs your choice: {reason}', { task: name(task), reason: why });
    if (isTrial(task)) return tn('{task}: {reason}', { task: name(task), reason: why });
    if (isImport(task)) return tn('{task} was not imported: {reason} Nothing was changed.', { task: name(task), reason: why });
    return tn('{task}: {reason} Nothing was written.', { task: name(task), reason: why });
}

/** @param {any} task @param {{href: string, action: string}} own */
function completed(task, own) {
    const r = task.result ?? {};
    const about = name(task);
    const n = int(r.rows_accepted ?? 0);
    if (isImport(task) && r.dry_run)
        return {
            text: tn('{task} is checked: {n} rows can be imported.', { task: about, n }),
            href: `#/import/${task.id}`,
            action: t('Look'),
        };
    if (isImport(task) && r.already_imported)
        return { text: tn('{task}: nothing has changed since the last import.', { task: about }), ...own };
    if (isImport(task) && r.rows_rejected > 0) {
        const places = { task: about, n, all: int(r.rows_total), bad: int(r.rows_rejected) };
        return { text: tn('{task}: {n} of {all} rows imported, {bad} refused.', places), ...own };
    }
    if (isImport(task)) {
        const places = { task: about, n, added: int(r.inserted ?? 0), gone: int(r.deleted ?? 0) };
        return { text: tn('{task}: {n} rows imported, {added} new, {gone} deleted.', places), ...own };
    }
    return { ...calculated(task, r, own) };
}

/** @param {any} task @param {any} r @param {{href: string, action: string}} own */
function calculated(task, r, own) {
    if (task.type === 'recalculate' && r.dry_run)
        return {
            text: [t('Trial: {n} prices would change. Nothing was written.', { n: int(r.updated ?? 0) })],
            href: `#/recalculate/${task.id}`,
            action: t('Look'),
        };
    if (task.type === 'recalculate') {
        const places = { n: int(r.updated ?? 0), all: int(r.components_total ?? 0), held: int(r.held ?? 0), none: int(r.no_quotes ?? 0) };
        const next = r.held > 0 ? { href: `#/held?run=${task.id}`, action: t('Decide') } : own;
        return { text: [t('Prices: {n} of {all} changed, {held} on hold, {none} without quotes.', places)], ...next };
    }
    if (task.type === 'pricelist_create') {
        const list = { href: r.pricelist_id ? `#/lists/${r.pricelist_id}` : own.href, action: t('Open') };
        const text =
            r.created === false && !r.dry_run
                ? t('Nothing has changed: list {version} still holds.', { version: r.version ?? '' })
                : t('Price list {version}: {n} items.', { version: r.version ?? '', n: int(r.items ?? 0) });
        return { text: [text], ...list };
    }
    if (task.type === 'stock_undo' || task.type === 'quotes_undo')
        return { text: tn('An import into {where} was undone.', { where: data(target(task)) }), ...own };
    return { text: tn('{task}: done.', { task: name(task) }), ...own };
}

/** @param {string | null | undefined} value */
export function dayOr(value) {
    return value ? day(value) : t('today');
}

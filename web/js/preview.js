/* What is chosen on the page of a checked file and not yet checked: parameters, columns, corrections. Kept per task, so that a reload loses
 * nothing. */
import { fromTask } from './drafts.js';
import { read, write } from './kept.js';

/** @typedef {{sheet: string, row: number, column?: string, value?: string, skip?: boolean, old?: string}} Fix */
/** @typedef {{change: Record<string, any>, columns: Record<string, string>, fixes: Fix[]}} Choices */

const FIXES_MOST = 1000;

/** @param {any} task @returns {any} the mapping, where the file could be looked at */
export function mappingOf(task) {
    return task.result?.mapping ?? task.error_detail?.mapping ?? null;
}

/** @param {string} id @returns {Choices} */
export function choicesOf(id) {
    const kept = read(`pf.choices.${id}`, { change: {}, columns: {}, fixes: [] });
    return { change: kept.change ?? {}, columns: kept.columns ?? {}, fixes: kept.fixes ?? [] };
}

/** @param {string} id @param {Choices} choices */
export function keepChoices(id, choices) {
    write(`pf.choices.${id}`, isOpen(choices) ? choices : null);
}

/** Is there anything that was not checked yet? @param {Choices} choices */
export function isOpen(choices) {
    return Object.keys(choices.change).length + Object.keys(choices.columns).length + choices.fixes.length > 0;
}

/** How a column is named in a request: by its caption where no other has it, so that a profile serves the next file, too. @param {any} mapping @param {string} letter */
export function nameOf(mapping, letter) {
    const column = mapping.columns.find((/** @type {any} */ one) => one.letter === letter);
    const same = mapping.columns.filter((/** @type {any} */ one) => one.caption && one.caption === column?.caption);
    return same.length === 1 && !/^[A-Za-z]{1,3}$/.test(column.caption) ? column.caption : letter;
}

/** The field of a column as it is chosen now. @param {any} mapping @param {Choices} choices @param {any} column */
export function fieldOf(mapping, choices, column) {
    const own = Object.entries(choices.columns).find(([, letter]) => letter === column.letter);
    if (own) return own[0];
    const taken = column.field in choices.columns;
    return column.field && !taken && column.why?.code !== 'in_question' ? column.field : '';
}

/** One column a field: a field that is chosen elsewhere leaves its column. @param {Choices} choices @param {string} letter @param {string} field */
export function chooseField(choices, letter, field) {
    for (const [name, at] of Object.entries(choices.columns)) if (at === letter) delete choices.columns[name];
    if (field) choices.columns[field] = letter;
}

/** @param {Fix[]} fixes @param {Fix} fix a text as it was takes the correction back */
export function putFix(fixes, fix) {
    const at = fixes.findIndex((one) => one.sheet === fix.sheet && one.row === fix.row && (one.column ?? '') === (fix.column ?? ''));
    if (at >= 0) fixes.splice(at, 1);
    if ((fix.skip || fix.value !== fix.old) && fixes.length < FIXES_MOST) fixes.push(fix);
}

/** The parameters that the next check has. @param {any} task @param {Choices} choices @returns {Record<string, any>} */
export function changeOf(task, choices) {
    const mapping = mappingOf(task);
    const change = { ...choices.change };
    if (Object.keys(choices.columns).length) {
        const chosen = Object.entries(choices.columns).map(([field, letter]) => [field, nameOf(mapping, letter)]);
        change.columns = { ...(task.params?.columns ?? {}), ...Object.fromEntries(chosen) };
    }
    if (choices.fixes.length) {
        /** @type {Fix[]} */
        const all = [...(task.params?.fixes ?? [])];
        for (const fix of choices.fixes) putFix(all, fix);
        change.fixes = all.map(({ sheet, row, column, value, skip }) => (skip ? { sheet, row, skip } : { sheet, row, column, value }));
    }
    return change;
}

/** @param {any} task @param {Choices} choices @param {AbortSignal} signal */
export function checkAgain(task, choices, signal) {
    return fromTask(task, { ...changeOf(task, choices), dry_run: true, expect_import: null }, { signal });
}

/* The views: one file each. A view takes paths and mounts itself; one with a label stands in the rail, in this order. */
import { h } from '../ui/dom.js';
import { empty, heading, link } from '../ui/parts.js';
import { t } from './words.js';
import { start } from '../views/start.js';
import { recalculate } from '../views/recalculate.js';
import { prices } from '../views/prices.js';
import { component } from '../views/component.js';
import { held } from '../views/held.js';
import { lists } from '../views/lists.js';
import { listNew } from '../views/list_new.js';
import { list } from '../views/list.js';
import { diff } from '../views/diff.js';
import { stock } from '../views/stock.js';
import { imports } from '../views/imports.js';
import { importOne } from '../views/import_one.js';
import { unmatched } from '../views/unmatched.js';
import { tasks } from '../views/tasks.js';
import { task } from '../views/task.js';
import { importView } from '../views/import.js';
import { operation } from '../views/operation.js';
import { settings } from '../views/settings.js';

/**
 * @typedef {object} View
 * @property {string} path the rail's address
 * @property {string} [under] the rail entry that is marked
 * @property {() => string} [label]
 * @property {() => string} [title]
 * @property {string} [badge] a count of /api/tasks/summary
 * @property {boolean} [rail] among the four of a phone's bar
 * @property {(parts: string[]) => boolean} takes
 * @property {(visit: import('./main.js').Visit) => void} mount
 */

/** @type {View[]} */
export const views = [
    start,
    importView,
    prices,
    component,
    recalculate,
    held,
    lists,
    listNew,
    list,
    diff,
    stock,
    imports,
    importOne,
    unmatched,
    tasks,
    task,
    operation,
    settings,
];

/** @type {View} */
export const missing = {
    path: '',
    title: () => t('Not found'),
    takes: () => true,
    mount: ({ main }) => main.append(heading(t('Not found')), h('div', null, empty(t('There is no such view.'), link(t('Start'), '#/')))),
};

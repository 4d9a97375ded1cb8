/* How the file is read: kind, warehouse or party, sheet, heading, day, profile, and the rest of the settings. */
import { fill, h } from '../ui/dom.js';
import { field, link, select } from '../ui/parts.js';
import { get } from '../js/api.js';
import { targets } from '../js/drafts.js';
import { paramLabel } from '../js/params.js';
import { t } from '../js/words.js';

/** @typedef {import('../js/preview.js').Choices} Choices */

/** Those of a type that are offered under "All settings": a list of values, "number", "text" or "flag". @type {Record<string, Record<string, string[] | string>>} */
const SETTINGS = {
    stock_import: {
        mode: ['replace', 'merge'],
        negative: ['reject', 'zero', 'keep'],
        duplicates: ['sum', 'last', 'reject'],
        number_locale: ['ru', 'en'],
        check_totals: ['fail', 'warn', 'off'],
        cost_vat_included: 'flag',
        vat_rate: 'text',
        pn_from_name: 'flag',
        max_reject_pct: 'number',
    },
    quotes_import: {
        valid_until: 'date',
        currency: 'text',
        vat_included: 'flag',
        vat_rate: 'text',
        min_qty: 'number',
        price: 'text',
        supersede: ['false', 'true', 'all'],
        duplicates: ['reject', 'min', 'last'],
        number_locale: ['ru', 'en'],
        pn_from_name: 'flag',
        max_reject_pct: 'number',
    },
    catalog_import: {},
};

/** @param {any} task @param {any} mapping @param {Choices} choices @param {() => void} changed @param {AbortSignal} signal */
export function settingsForm(task, mapping, choices, changed, signal) {
    const params = { ...task.params, ...choices.change };
    const set = (/** @type {string} */ name, /** @type {any} */ value) => {
        const same = String(task.params?.[name] ?? '') === String(value ?? '');
        if (same) delete choices.change[name];
        else choices.change[name] = value === '' ? null : value;
        changed();
    };
    const main = h(
        'div',
        { class: 'row' },
        sheetField(mapping, params, set),
        headingFields(task, mapping, params, set),
        dayField(task, params, set),
    );
    if (task.type !== 'catalog_import') main.prepend(whereField(task, params, set, signal));
    const rest = Object.entries(SETTINGS[task.type] ?? {}).map(([name, kind]) => setting(name, kind, params, set));
    return h(
        'section',
        { class: 'block' },
        h('h2', null, t('How it is read')),
        main,
        profileField(task, mapping, params, set, signal),
        rest.length > 0 && h('details', { class: 'params' }, h('summary', null, t('All settings')), h('div', { class: 'row' }, rest)),
        task.type !== 'catalog_import' &&
            task.status === 'error' &&
            h('p', { class: 'muted' }, t('Is it another kind of file? '), link(t('Choose again on the start page'), '#/')),
    );
}

/** @typedef {(name: string, value: any) => void} Set */

/** @param {any} task @param {any} params @param {Set} set @param {AbortSignal} signal */
function whereField(task, params, set, signal) {
    const stock = task.type === 'stock_import';
    const name = stock ? 'warehouse' : 'party';
    const control = select([[params[name] ?? '', params[name] ?? '']], params[name] ?? '');
    control.addEventListener('change', () => set(name, control.value));
    targets(stock ? 'stock' : 'quotes').then((known) => {
        if (signal.aborted) return;
        const options = known.map(([value, label]) => [stock ? value : value.slice(value.indexOf('/') + 1), label]);
        fill(
            control,
            options.map(([value, label]) => h('option', { value, selected: value === params[name] }, label)),
        );
    });
    return field(stock ? t('Warehouse') : t('Supplier or competitor'), control).el;
}

/** @param {any} mapping @param {any} params @param {Set} set */
function sheetField(mapping, params, set) {
    if (!mapping || (mapping.sheets.length < 2 && !params.sheet)) return null;
    /** @type {[string, string][]} */
    const options = mapping.sheets.map((/** @type {any} */ one) => [one.name, one.name]);
    const control = select([...options, ['*', t('All sheets as one')]], params.sheet ?? mapping.sheet ?? '');
    control.addEventListener('change', () => set('sheet', control.value));
    return field(t('Sheet'), control).el;
}

/** @param {any} task @param {any} mapping @param {any} params @param {Set} set */
function headingFields(task, mapping, params, set) {
    const row = h('input', { type: 'number', min: 1, max: 65536, value: params.header_row ?? mapping?.header_row ?? '' });
    const rows = select(
        [
            ['1', '1'],
            ['2', '2'],
            ['3', '3'],
        ],
        String(params.header_rows ?? mapping?.header_rows ?? 1),
    );
    const several = task.type !== 'catalog_import';
    const tell = () => {
        set('header_row', row.value);
        if (several) set('header_rows', row.value ? rows.value : '');
    };
    row.addEventListener('change', tell);
    rows.addEventListener('change', tell);
    return [field(t('Heading row'), row).el, several && field(t('Rows of the heading'), rows).el];
}

/** @param {any} task @param {any} params @param {Set} set */
function dayField(task, params, set) {
    const name = task.type === 'stock_import' ? 'stock_date' : task.type === 'quotes_import' ? 'quoted_on' : '';
    if (!name) return null;
    const control = h('input', { type: 'date', value: params[name] ?? task.result?.[name] ?? '' });
    control.addEventListener('change', () => set(name, control.value));
    return field(t('As of'), control).el;
}

/** Saved settings; the check says which ones were used for these captions before. @param {any} task @param {any} mapping @param {any} params @param {Set} set @param {AbortSignal} signal */
function profileField(task, mapping, params, set, signal) {
    const control = select([['', '–']], '');
    const box = field(
        t('Profile'),
        control,
        mapping?.profile ? t('Recognised by its captions: {name}', { name: mapping.profile.name ?? '' }) : '',
    );
    control.addEventListener('change', () => set('profile', control.value));
    get('api/import-profiles', { type: task.type, limit: 100 }).then((answer) => {
        if (signal.aborted || !answer.ok) return;
        const names = answer.data.profiles.map((/** @type {any} */ one) => one.name);
        box.el.hidden = names.length === 0;
        fill(
            control,
            h('option', { value: '' }, '–'),
            names.map((/** @type {string} */ name) => h('option', { value: name, selected: name === params.profile }, name)),
        );
    });
    return h('div', { class: 'row' }, box.el);
}

/** @param {string} name @param {string[] | string} kind @param {any} params @param {Set} set */
function setting(name, kind, params, set) {
    const now = String(params[name] ?? '');
    const label = settingWord(name);
    if (kind === 'flag' || Array.isArray(kind)) {
        const values = kind === 'flag' ? ['true', 'false'] : /** @type {string[]} */ (kind);
        const options = /** @type {[string, string][]} */ (values.map((one) => [one, valueWord(name, one)]));
        const control = select(params[name] === null ? [['', '–'], ...options] : options, now);
        control.addEventListener('change', () => set(name, control.value));
        return field(label, control).el;
    }
    const input = h('input', { type: kind === 'date' ? 'date' : 'text', inputmode: kind === 'number' ? 'numeric' : null, value: now });
    input.addEventListener('change', () => set(name, input.value));
    return field(label, input).el;
}

/** @param {string} name */
function settingWord(name) {
    switch (name) {
        case 'negative':
            return t('Negative quantities');
        case 'duplicates':
            return t('The same number twice');
        case 'number_locale':
            return t('Decimal sign');
        case 'check_totals':
            return t('Totals of the file');
        case 'cost_vat_included':
        case 'vat_included':
            return t('Prices with VAT');
        case 'vat_rate':
            return t('VAT rate');
        case 'pn_from_name':
            return t('Numbers from names');
        case 'max_reject_pct':
            return t('Refused rows, at most %');
        case 'min_qty':
            return t('Minimum quantity');
        case 'price':
            return t('Column of the price');
        case 'supersede':
            return t('Older quotes of the party');
        case 'valid_until':
            return t('Valid until');
        default:
            return paramLabel(name);
    }
}

/** @param {string} name @param {string} value */
function valueWord(name, value) {
    const words = {
        'mode replace': t('Replace all stock of the warehouse'),
        'mode merge': t('Only add and update'),
        'negative reject': t('refuse the row'),
        'negative zero': t('take as 0'),
        'negative keep': t('keep'),
        'duplicates sum': t('add up'),
        'duplicates last': t('the last counts'),
        'duplicates min': t('the lowest counts'),
        'duplicates reject': t('refuse'),
        'number_locale ru': t('comma'),
        'number_locale en': t('point'),
        'check_totals fail': t('must agree'),
        'check_totals warn': t('tell'),
        'check_totals off': t('do not look'),
        'supersede false': t('stay'),
        'supersede true': t('are replaced where quoted again'),
        'supersede all': t('are all replaced'),
    };
    return /** @type {Record<string, string>} */ (words)[`${name} ${value}`] ?? (value === 'true' ? t('yes') : t('no'));
}

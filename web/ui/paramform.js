/* A form of a task's parameters: those always in sight, then all settings. What differs from its default is counted and sent. */
import { data, fill, h, text } from './dom.js';
import { showFaults } from './form.js';
import { field, select, uniqueId } from './parts.js';
import { numberField } from './numberfield.js';
import { int } from './number.js';
import { get } from '../js/api.js';
import { paramLabel } from '../js/params.js';
import { t } from '../js/words.js';

/**
 * @typedef {object} Spec
 * @property {string} name
 * @property {'date' | 'whole' | 'number' | 'choice' | 'check' | 'checks' | 'lines' | 'text' | 'categories' | 'warehouses'} kind
 * @property {any} [otherwise] the default
 * @property {string} help
 * @property {[string, string][]} [options]
 * @property {boolean} [first] always in sight
 */
/** @typedef {{el: HTMLElement, read: () => any, fault: (text: string) => void, focus: () => void}} Control read: null = cannot be read */

/** @param {Spec} spec */
function defaultWord(spec) {
    if (spec.kind === 'choice') return spec.options?.find(([value]) => value === spec.otherwise)?.[1] ?? '';
    if (spec.kind === 'checks')
        return (spec.options ?? [])
            .filter(([value]) => spec.otherwise.includes(value))
            .map(([, word]) => word)
            .join(', ');
    if (spec.kind === 'check') return spec.otherwise ? t('yes') : t('no');
    return typeof spec.otherwise === 'string' && (spec.kind === 'number' || spec.kind === 'whole') ? int(spec.otherwise) : '';
}

/** @param {Spec} spec */
function helpOf(spec) {
    const word = defaultWord(spec);
    return word ? `${spec.help} ${t('Default: {value}.', { value: word })}` : spec.help;
}

/** @param {import('./parts.js').Field} made @returns {Control} */
function plain(made) {
    return { el: made.el, read: () => made.control.value.trim(), fault: made.fault, focus: () => made.control.focus() };
}

/** Several of several. @param {string} label @param {string} help @param {[string, string][]} options @param {string[]} chosen @param {() => void} change @returns {Control} */
function checks(label, help, options, chosen, change) {
    const fault = h('div', { class: 'field-fault', hidden: true });
    const boxes = options.map(([value, word]) => ({ value, word, box: h('input', { type: 'checkbox', checked: chosen.includes(value) }) }));
    const id = uniqueId('help');
    const el = h(
        'fieldset',
        { class: 'field checks', 'aria-describedby': id, onchange: change },
        h('legend', null, label),
        h(
            'div',
            { class: 'checks-in' },
            boxes.map(({ box, word }) => h('label', { class: 'check' }, box, data(word))),
        ),
        h('div', { class: 'field-help', id }, help),
        fault,
    );
    const read = () => boxes.filter(({ box }) => box.checked).map(({ value }) => value);
    const say = (/** @type {string} */ words) => (text(fault, words), (fault.hidden = words === ''));
    return { el, read, fault: say, focus: () => boxes[0]?.box.focus() };
}

/** Several of what the server knows. @param {Spec} spec @param {string[]} value @param {() => void} change @returns {Control} */
function known(spec, value, change) {
    const [path, member, key] =
        spec.kind === 'categories' ? ['api/categories', 'categories', 'category'] : ['api/warehouses', 'warehouses', 'code'];
    let inner = checks(
        paramLabel(spec.name),
        helpOf(spec),
        value.map((one) => [one, one]),
        value,
        change,
    );
    const el = h('div', null, inner.el);
    get(path, { limit: 200 }).then((answer) => {
        if (!answer.ok) return;
        const codes = answer.data[member].map((/** @type {any} */ row) => row[key]);
        const all = [...new Set([...codes, ...value])];
        inner = checks(
            paramLabel(spec.name),
            helpOf(spec),
            all.map((one) => [one, one || '–']),
            inner.read(),
            change,
        );
        fill(el, inner.el);
    });
    return { el, read: () => inner.read(), fault: (words) => inner.fault(words), focus: () => inner.focus() };
}

/** @param {Spec} spec @param {any} value @param {() => void} change @returns {Control} */
function control(spec, value, change) {
    const label = paramLabel(spec.name);
    const help = helpOf(spec);
    const heard = (/** @type {any} */ el) => (el.addEventListener('input', change), el);
    switch (spec.kind) {
        case 'whole':
        case 'number': {
            const made = numberField(label, String(value ?? ''), { help, whole: spec.kind === 'whole', change });
            return { el: made.el, read: made.read, fault: made.fault, focus: () => made.control.focus() };
        }
        case 'choice':
            return plain(field(label, heard(select(spec.options ?? [], value)), help));
        case 'date':
            return plain(field(label, heard(h('input', { type: 'date', value })), help));
        case 'text':
            return plain(
                field(
                    label,
                    heard(
                        h('input', {
                            type: 'text',
                            value,
                            maxlength: spec.name === 'currency' ? 3 : 255,
                            size: spec.name === 'currency' ? 6 : 24,
                        }),
                    ),
                    help,
                ),
            );
        case 'lines': {
            const made = plain(field(label, heard(h('textarea', { rows: 3, cols: 28 }, value.join('\n'))), help));
            return {
                ...made,
                read: () =>
                    made
                        .read()
                        .split(/[\n;]+/)
                        .map((/** @type {string} */ one) => one.trim())
                        .filter(Boolean),
            };
        }
        case 'check': {
            const box = h('input', { type: 'checkbox', checked: value });
            const made = field(label, heard(box), help);
            made.el.classList.add('field-check');
            return { ...plain(made), read: () => box.checked };
        }
        case 'checks':
            return checks(label, help, spec.options ?? [], value, change);
        default:
            return known(spec, value, change);
    }
}

/** @param {any} a @param {any} b */
const same = (a, b) => JSON.stringify(Array.isArray(a) ? [...a].sort() : a) === JSON.stringify(Array.isArray(b) ? [...b].sort() : b);

/** A decimal of a task, without the zeros behind it. @param {Spec} spec @param {any} value */
function given(spec, value) {
    if (value === null || value === undefined) return spec.otherwise;
    if (spec.kind === 'number' || spec.kind === 'whole')
        return String(value)
            .replace(/(\.\d*?)0+$/, '$1')
            .replace(/\.$/, '');
    return value;
}

/** @param {Spec[]} specs @param {Record<string, any>} values @param {() => void} [changed] */
export function paramForm(specs, values, changed) {
    const count = h('summary', null);
    const change = () => {
        const n = specs.filter((spec) => !spec.first && !same(quiet(spec), spec.otherwise)).length;
        text(count, t('All settings (changed: {n})', { n }));
    };
    const heard = () => (change(), changed?.());
    const made = new Map(specs.map((spec) => [spec.name, control(spec, given(spec, values[spec.name]), heard)]));
    /** @param {Spec} spec */
    const quiet = (spec) => {
        const one = /** @type {Control} */ (made.get(spec.name));
        const value = one.read();
        if (value === null) one.fault('');
        return value;
    };
    const part = (/** @type {boolean} */ first) =>
        specs.filter((spec) => (spec.first ?? false) === first).map((spec) => made.get(spec.name)?.el ?? null);
    const rest = h('details', { class: 'settings' }, count, h('div', { class: 'settings-in' }, part(false)));
    const summary = h('div', null);
    const el = h('div', { class: 'param-form' }, summary, h('div', { class: 'row' }, part(true)), rest);
    change();
    return {
        el,
        /** What is sent, or null if something cannot be read: then the focus is there. @returns {Record<string, any> | null} */
        read() {
            /** @type {Record<string, any>} */
            const sent = {};
            /** @type {Control | null} */
            let wrong = null;
            for (const spec of specs) {
                const one = /** @type {Control} */ (made.get(spec.name));
                const value = one.read();
                if (value === null) wrong ??= one;
                else if (!same(value, '') && (spec.kind === 'date' || !same(value, spec.otherwise)))
                    sent[spec.name] = spec.kind === 'whole' ? parseInt(value, 10) : value;
            }
            if (!wrong) return sent;
            open(wrong);
            return null;
        },
        /** The server's faults: a summary on top with jumps, and each at its field. @param {import('../js/api.js').Problem} problem @param {() => void} again */
        faults(problem, again) {
            const fields = [...made].map(([name, one]) => [name, { el: one.el, fault: one.fault, control: { focus: () => open(one) } }]);
            showFaults(summary, problem, Object.fromEntries(fields), again);
        },
        clear: () => fill(summary),
    };
    /** @param {Control} one */
    function open(one) {
        if (rest.contains(one.el)) rest.open = true;
        one.focus();
    }
}

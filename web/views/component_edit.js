/* Change a component: a price by hand with its reason, and how the price is made. Somebody else's change in between is shown, not lost. */
import { data, h } from '../ui/dom.js';
import { button, check, dialog, field, problemBox, select } from '../ui/parts.js';
import { formDialog } from '../ui/form.js';
import { numberField } from '../ui/numberfield.js';
import { dec } from '../ui/number.js';
import { get, send } from '../js/api.js';
import { methodWord, unitWord } from '../js/params.js';
import { currency } from '../js/session.js';
import { t } from '../js/words.js';

/** What prices are counted in. @param {string} unit */
export function priceUnit(unit) {
    const word = unit === 'pcs' ? t('piece') : unitWord(unit);
    return t('{currency} per {unit}, net of VAT', { currency: currency(), unit: word });
}

/** @param {string} name */
export function componentField(name) {
    const words = {
        name: t('Name'),
        category: t('Category'),
        unit: t('Unit'),
        active: t('In use'),
        price_method: t('Method'),
        window_days: t('Window, days'),
        coefficient: t('Coefficient'),
        manual_price: t('Manual price'),
    };
    return /** @type {Record<string, string>} */ (words)[name] ?? name;
}

/** @param {string} name @param {any} value */
export function componentValue(name, value) {
    if (value === null || value === undefined) return '–';
    if (typeof value === 'boolean') return value ? t('yes') : t('no');
    if (name === 'price_method') return methodWord(value);
    if (name === 'unit') return unitWord(value);
    if (name === 'coefficient') return dec(value, 'quantity');
    return name === 'manual_price' ? dec(value, 'money') : String(value);
}

/** @param {any} shown @param {Record<string, any>} patch @param {string} tag */
function save(shown, patch, tag) {
    return send('PATCH', `api/components/${encodeURIComponent(shown.one.lot_code)}`, { body: patch, headers: { 'If-Match': tag } });
}

/** Both values, and a choice. @param {any} shown @param {Record<string, any>} patch */
async function conflict(shown, patch) {
    const now = await get(`api/components/${encodeURIComponent(shown.one.lot_code)}`);
    if (!now.ok) return void dialog(t('Changed by somebody else'), (close) => [problemBox(now.problem), button(t('Close'), close)]);
    const names = Object.keys(patch).filter((name) => name !== 'reason');
    dialog(t('Changed by somebody else'), (close) => {
        const place = h('div', null);
        const mine = async () => {
            const answer = await save(shown, patch, now.tag);
            if (answer.ok || answer.problem.kind === 'precondition-failed') close();
            if (answer.ok) shown.again();
            else if (answer.problem.kind === 'precondition-failed') conflict(shown, patch);
            else place.replaceChildren(problemBox(answer.problem, mine));
        };
        const theirs = () => (close(), shown.again());
        return [
            h(
                'table',
                { class: 'table' },
                h(
                    'thead',
                    null,
                    h(
                        'tr',
                        null,
                        [t('Field'), t('Mine'), t('Theirs')].map((word) => h('th', { scope: 'col' }, word)),
                    ),
                ),
                h(
                    'tbody',
                    null,
                    names.map((name) =>
                        h(
                            'tr',
                            null,
                            h('th', { scope: 'row' }, componentField(name)),
                            [patch[name], now.data[name]].map((value) => h('td', null, data(componentValue(name, value)))),
                        ),
                    ),
                ),
            ),
            place,
            h('div', { class: 'row' }, button(t('Take mine'), mine, { kind: 'primary' }), button(t('Keep theirs'), theirs)),
        ];
    });
}

/** @param {any} shown @param {string} title @param {Record<string, any>} fields @param {() => Record<string, any> | null} patchOf @param {Node[]} [about] */
function edit(shown, title, fields, patchOf, about) {
    /** @type {Record<string, any>} */
    let patch = {};
    formDialog({
        title,
        fields,
        about,
        act: t('Save'),
        send: async () => {
            const wanted = patchOf();
            if (!wanted) return null;
            patch = wanted;
            return save(shown, patch, shown.tag);
        },
        done: shown.again,
        refused: (problem, close) => {
            if (problem.kind !== 'precondition-failed') return false;
            close();
            conflict(shown, patch);
            return true;
        },
    });
}

/** @param {Record<string, any>} fields */
function required(fields) {
    let good = true;
    for (const one of Object.values(fields)) {
        const empty = one.control.value.trim() === '';
        one.fault(empty ? t('Something must stand here.') : '');
        if (empty && good) one.control.focus();
        good &&= !empty;
    }
    return good;
}

/** @param {any} shown */
export function manualPrice(shown) {
    const { one } = shown;
    const price = numberField(t('Price, {currency}', { currency: currency() }), (one.manual_price ?? '').replace(/\.?0+$/, ''));
    const why = field(t('Reason'), h('input', { maxlength: 255, autocomplete: 'off', size: 44 }), t('Kept in the history.'));
    const fields = { manual_price: price, reason: why };
    const back = () => ({ manual_price: null, price_method: null, reason: why.control.value.trim() || null });
    /** @type {Node[]} */
    const about = [h('p', null, priceUnit(one.unit))];
    let away = false;
    if (one.price_method === 'manual') about.push(check(t('Price it from quotes again'), false, (on) => (away = on)));
    const patchOf = () => {
        if (away) return back();
        if (!required(fields)) return null;
        const value = price.read();
        return value === null ? null : { manual_price: value, price_method: 'manual', reason: why.control.value.trim() };
    };
    edit(shown, t('Manual price'), fields, patchOf, about);
}

/** @param {any} shown */
export function editSettings(shown) {
    const { one } = shown;
    const methods = /** @type {[string, string][]} */ ([
        ['', t('as the recalculation')],
        ...['weighted_avg', 'average', 'median', 'min', 'latest'].map((name) => [name, methodWord(name)]),
    ]);
    if (one.manual_price !== null) methods.push(['manual', methodWord('manual')]);
    const units = /** @type {[string, string][]} */ (['pcs', 'set', 'm'].map((name) => [name, unitWord(name)]));
    const active = select(
        [
            ['true', t('yes')],
            ['false', t('no')],
        ],
        String(one.active),
    );
    const fields = {
        price_method: field(t('Method'), select(methods, one.price_method ?? '')),
        window_days: numberField(t('Window, days'), String(one.window_days ?? ''), { whole: true, help: t('Empty: as the recalculation') }),
        coefficient: numberField(t('Coefficient'), one.coefficient.replace(/\.?0+$/, '')),
        name: field(t('Name'), h('input', { value: one.name, maxlength: 255, size: 44 })),
        category: field(t('Category'), h('input', { value: one.category, maxlength: 32 })),
        unit: field(t('Unit'), select(units, one.unit)),
        active: field(t('In use'), active),
        reason: field(t('Reason'), h('input', { maxlength: 255, autocomplete: 'off', size: 44 }), t('Kept in the history.')),
    };
    const patchOf = () => {
        const days = fields.window_days.read();
        const coefficient = fields.coefficient.read();
        if (days === null || coefficient === null) return null;
        const wanted = {
            price_method: fields.price_method.control.value || null,
            window_days: days === '' ? null : parseInt(days, 10),
            coefficient,
            name: fields.name.control.value,
            category: fields.category.control.value,
            unit: fields.unit.control.value,
            active: active.value === 'true',
        };
        const same = (/** @type {string} */ name, /** @type {any} */ value) =>
            name === 'coefficient' ? dec(value, 'quantity') === dec(one[name], 'quantity') : value === one[name];
        const patch = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => !same(name, value)));
        const why = fields.reason.control.value.trim();
        return why ? { ...patch, reason: why } : patch;
    };
    edit(shown, t('Other settings'), fields, patchOf);
}

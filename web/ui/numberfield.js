/* A field for a number: takes "1 234,5" and "1234.5", says what was understood, and asks where there are two readings. */
import { fill, h, text } from './dom.js';
import { button, field } from './parts.js';
import { dec, typedNumber } from './number.js';
import { t } from '../js/words.js';

/** A number as it is typed: without groups. @param {string} number */
function typed(number) {
    return number.replace('.', dec('0.5').charAt(1));
}

/**
 * @param {string} label @param {string} value as the server writes it @param {{help?: string, whole?: boolean, change?: () => void}} [more]
 */
export function numberField(label, value, more = {}) {
    const mode = more.whole ? 'numeric' : 'decimal';
    const input = h('input', { type: 'text', inputmode: mode, autocomplete: 'off', size: 10, value: typed(value), maxlength: 24 });
    const made = field(label, input, more.help);
    const said = h('div', { class: 'field-said' });
    let known = { text: typed(value), number: value };
    made.el.append(said);
    const number = () => (input.value === known.text ? known.number : typedNumber(input.value));
    const set = (/** @type {string} */ to) => {
        known = { text: typed(to), number: to };
        input.value = known.text;
        look();
    };
    const look = () => {
        const read = number();
        if (read === null)
            fill(
                said,
                choices(input.value, (one) => (set(one), input.focus(), input.dispatchEvent(new Event('change')))),
            );
        else text(said, read && typed(read) !== input.value.trim() ? `= ${dec(read)}` : '');
        made.fault('');
        more.change?.();
    };
    input.addEventListener('input', look);
    /** The number as the server takes it; "" = nothing, null = it cannot be read, which is said. */
    const read = () => {
        if (input.value.trim() === '') return '';
        const found = number();
        if (found === null) made.fault(t('This can be read in two ways: choose one.'));
        else if (found === '') made.fault(t('A number is needed.'));
        else if (more.whole && found.includes('.')) made.fault(t('A whole number is needed.'));
        else return found;
        return null;
    };
    return { ...made, read, set };
}

/** Both readings of "1,234". @param {string} text @param {(number: string) => void} take */
function choices(text, take) {
    const bare = text.replace(/[^\d.,-]/g, '');
    return [bare.replace(/[.,]/, ''), bare.replace(',', '.')].map((one) =>
        button(dec(one), () => take(one), { describe: t('It means {n}', { n: dec(one) }) }),
    );
}

/* In what two part numbers differ: letters that look like digits, a last sign more, or how many signs. */
import { t } from '../js/words.js';

/** Without case, blanks and punctuation. @param {string} text */
const bare = (text) => text.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');

/** @param {string} number normalised @param {string} hint */
export function differs(number, hint) {
    const [a, b] = [Array.from(bare(number)), Array.from(bare(hint))];
    if (a.join('') === b.join('')) return t('the same number');
    if (a.length !== b.length) return t('differs in length');
    const pairs = a.map((sign, i) => [sign, b[i]]).filter(([one, two]) => one !== two);
    const shown = [...new Set(pairs.map(([one, two]) => `${one}/${two}`))].slice(0, 3).join(', ');
    return t('differs: {signs}', { signs: shown });
}

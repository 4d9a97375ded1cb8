/* Numbers, days, words and paths, without a browser. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { TOP } from './daemon.mjs';

const WEB = path.join(TOP, 'web');
const { dec, direction, int, scaled, size, typedNumber } = await import(`${WEB}/ui/number.js`);
const { day, momentText, span } = await import(`${WEB}/ui/date.js`);
const { t, tn, tp, useLanguage } = await import(`${WEB}/js/words.js`);
const { hashOf, parse } = await import(`${WEB}/js/router.js`);
const { Store } = await import(`${WEB}/js/store.js`);
const { visible } = await import(`${WEB}/ui/dom.js`);
const { ru } = await import(`${WEB}/js/ru.js`);
const drafts = await import(`${WEB}/js/drafts.js`);

/** @param {'en' | 'ru'} lang @param {() => void} act */
function speaking(lang, act) {
    useLanguage(lang);
    try {
        act();
    } finally {
        useLanguage('en');
    }
}

test('decimal texts are grouped and cut as texts, in both languages', () => {
    const cases = [
        ['7481.88', 'money', '7,481.88', '7\u202f481,88'],
        ['1234567.5', 'money', '1,234,567.50', '1\u202f234\u202f567,50'],
        ['0.1234', 'money', '0.1234', '0,1234'],
        ['0.1200', 'money', '0.12', '0,12'],
        ['-5', 'money', '\u22125.00', '\u22125,00'],
        ['12.500', 'quantity', '12.5', '12,5'],
        ['100', 'quantity', '100', '100'],
        ['5', 'percent', '+5.00', '+5,00'],
        ['-20.005', 'percent', '\u221220.00', '\u221220,00'],
        ['-0.00', 'percent', '0.00', '0,00'],
        ['9007199254740993.01', 'plain', '9,007,199,254,740,993.01', '9\u202f007\u202f199\u202f254\u202f740\u202f993,01'],
    ];
    for (const [given, kind, en, russian] of cases) {
        speaking('en', () => assert.equal(dec(given, kind), en, given));
        speaking('ru', () => assert.equal(dec(given, kind), russian, given));
    }
    assert.equal(dec(null), '');
    assert.equal(dec('no number'), 'no number');
    speaking('ru', () => assert.equal(int(21000), '21\u202f000'));
});

test('a typed number has one meaning, or it is asked for', () => {
    for (const [typed, sent] of [
        ['1 234,5', '1234.5'],
        ['1234.5', '1234.5'],
        ['1\u202f234', '1234'],
        ['\u22123', '-3'],
        ['0,500', '0.500'],
        ['1,234', null],
        ['12.345', null],
        ['', ''],
        ['12a', ''],
        ['1,2,3', ''],
    ])
        assert.equal(typedNumber(typed), sent, typed);
});

test('sums and signs are exact', () => {
    assert.equal(scaled('0.1', 2) + scaled('0.2', 2), 30n);
    assert.equal(scaled('-12.345', 2), -1234n);
    assert.equal(scaled('x', 2), 0n);
    assert.deepEqual(['0.0000001', '-0.01', '3'].map(direction), ['same', 'down', 'up']);
});

test('days are moved by no zone, moments are', () => {
    speaking('en', () => assert.equal(day('2026-02-05'), '5 Feb 2026'));
    speaking('ru', () => assert.equal(day('2026-02-05'), '05.02.2026'));
    assert.equal(day('soon'), 'soon');
    assert.match(momentText('2020-01-31T22:30:00Z'), /^(31\/01|01\/02)\/2020 \d\d:30:00$/);
    speaking('ru', () => assert.equal(span(8000).replace(/\s/g, ' '), '8 с'));
    speaking('en', () => assert.equal(span(3 * 86400000 + 4 * 3600000).replace(/\s/g, ' '), '3 days 4 hrs'));
    speaking('ru', () => assert.equal(size(3565158).replace(/\s/g, ' '), '3,4 МБ'));
});

test('paths are kept whole', () => {
    const parts = ['prices', 'A/B "1" ё%'];
    const hash = hashOf(parts, { q: 'a&b=1', none: '', gone: null });
    assert.deepEqual(parse(hash), { parts, query: { q: 'a&b=1' } });
    assert.equal(parse('#main'), null);
    assert.deepEqual(parse(''), { parts: [], query: {} });
    assert.deepEqual(parse('#/prices/%E0%A4%A')?.parts, ['prices', '%E0%A4%A']);
});

test('a store is bounded, tells what differs, and forgets its watchers', () => {
    const store = new Store(3);
    const seen = [];
    const stop = new AbortController();
    store.watch('a', (value) => seen.push(value), stop.signal);
    store.set('a', { n: 1 });
    store.set('a', { n: 1 });
    store.set('a', { n: 2 });
    for (const key of ['b', 'c', 'd']) store.set(key, key);
    assert.deepEqual(seen, [{ n: 1 }, { n: 2 }]);
    assert.equal(store.get('a'), undefined);
    stop.abort();
    store.set('a', { n: 3 });
    assert.equal(seen.length, 2);
    assert.equal(store.watchers.size, 0);
});

test('control characters are pictures, and no mark turns a line', () => {
    assert.equal(visible('a\u0000b\u202ec\u2069\u007f'), 'a␀b‹RLO›c‹PDI›␡');
});

test('the name of a file says what it is', () => {
    for (const [name, kind, target] of [
        ['Остатки на 05.02.xlsx', 'stock', ''],
        ['Прайс Силмара.xlsx', 'quotes', ''],
        ['price list 2026.csv', 'quotes', ''],
        ['КП 17.xlsx', 'quotes', ''],
        ['stock price.xlsx', 'stock', ''],
        ['components.csv', 'catalog', 'components'],
        ['part_numbers_2.csv', 'catalog', 'part_numbers'],
        ['components.xlsx', 'stock', ''],
    ])
        assert.deepEqual(drafts.guess(name), { kind, target }, name);
    assert.equal(drafts.shapeOf('Stock 05.02.2026.xlsx'), 'stock #.#.#.xlsx');
});

/* ---- words ---- */

function sources() {
    const found = [];
    for (const dir of ['js', 'ui', 'views'])
        for (const name of readdirSync(path.join(WEB, dir)))
            if (name !== 'ru.js') found.push([name, readFileSync(path.join(WEB, dir, name), 'utf8')]);
    return found;
}

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test('every text has its Russian words, with the same places, and no entry is unused', () => {
    const used = new Set();
    for (const [name, source] of sources())
        for (const match of source.matchAll(/\bt[np]?\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(`))/g)) {
            assert.equal(match[3], undefined, `${name}: a key must be a plain text`);
            used.add((match[1] ?? match[2]).replace(/\\(.)/g, '$1'));
        }
    assert.ok(used.size > 100);
    const missing = [...used].filter((key) => !(key in ru));
    assert.deepEqual(missing, []);
    const spare = Object.keys(ru).filter((key) => !key.startsWith('code.') && !used.has(key));
    assert.deepEqual(spare, []);
    for (const key of used) {
        const forms = typeof ru[key] === 'string' ? [ru[key]] : Object.values(ru[key]);
        for (const form of forms) assert.deepEqual(places(form), places(key), key);
    }
});

test('every code of the API has its Russian sentence, with no fact that the code has not', () => {
    const folder = path.join(TOP, 'daemon/api/openapi');
    const fault = JSON.parse(readFileSync(path.join(folder, 'errors.json'), 'utf8')).schemas.FaultCode;
    const codes = new Set(fault.enum);
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.json')))
        for (const match of readFileSync(path.join(folder, name), 'utf8').matchAll(/"([EW]_[A-Z_]+)"/g)) codes.add(match[1]);
    assert.ok(codes.size > 100);
    assert.deepEqual(
        [...codes].filter((code) => !(`code.${code}` in ru)),
        [],
    );
    for (const code of fault.enum) {
        const known = places(JSON.stringify(fault['x-texts'][code] ?? ''));
        const extra = places(ru[`code.${code}`]).filter((place) => !known.includes(place));
        assert.deepEqual(extra, [], code);
    }
});

test('Russian forms follow the number', () => {
    speaking('ru', () => {
        const form = (n) => tp('Import {n} rows', n);
        assert.deepEqual([1, 3, 11, 21, 475].map(form), [
            'Загрузить 1 строку',
            'Загрузить 3 строки',
            'Загрузить 11 строк',
            'Загрузить 21 строку',
            'Загрузить 475 строк',
        ]);
    });
    assert.equal(tp('Import {n} rows', 1), 'Import 1 row');
    assert.equal(tp('Import {n} rows', 1475, '1,475'), 'Import 1,475 rows');
    assert.equal(t('Stop: {task}', { task: '{x}' }), 'Stop: {x}');
    const node = /** @type {any} */ ({});
    assert.deepEqual(tn('{file} → {where}', { file: node, where: 'b' }), [node, ' → b']);
    assert.deepEqual(tn('{task} is checked: {n} rows can be imported.', { task: node, n: '1' }), [
        node,
        ' is checked: 1 row can be imported.',
    ]);
});

/* Debian's Chromium, driven by playwright-core from PF_WEB_NODE. Console errors and violations of the policy fail the test that sees them. */
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { BUILD } from './daemon.mjs';

const CHROMIUM = process.env.PF_CHROMIUM ?? '/usr/bin/chromium';
const NODE = process.env.PF_WEB_NODE ?? '';
export const SHOTS = path.join(BUILD, 'console-shots');

/** Why there is no browser here, or "". */
export const lacking = !existsSync(CHROMIUM)
    ? 'chromium is not installed'
    : !NODE || !existsSync(path.join(NODE, 'node_modules/playwright-core'))
      ? 'playwright-core is not installed'
      : '';

const load = () => createRequire(path.join(NODE, 'package.json'));

export async function launch() {
    mkdirSync(SHOTS, { recursive: true });
    const { chromium } = load()('playwright-core');
    return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}

/** @param {any} browser @param {{width?: number, lang?: string, scheme?: 'light' | 'dark', more?: object}} [options] */
export async function newPage(browser, options = {}) {
    const { width = 1440, lang = 'en', scheme = 'light', more = {} } = options;
    const context = await browser.newContext({
        viewport: { width, height: width < 640 ? 844 : 900 },
        locale: lang === 'ru' ? 'ru-RU' : 'en-GB',
        timezoneId: 'Europe/Moscow',
        colorScheme: scheme,
        reducedMotion: 'reduce',
        ...more,
    });
    const page = await context.newPage();
    page.faults = [];
    page.open = new Set(); // requests without an answer
    page.on('request', (request) => page.open.add(request));
    for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => page.open.delete(request));
    page.expected = /(?!)/; // the browser's own line of a refused request that the test provokes
    page.on(
        'console',
        (message) =>
            ['error', 'warning'].includes(message.type()) && page.faults.push(`${message.text()} ${message.location()?.url ?? ''}`),
    );
    page.on('pageerror', (error) => page.faults.push(String(error.stack ?? error)));
    return page;
}

/** The API's answers at this address, changed. @param {any} page @param {string} where @param {(answer: any) => any} changed */
export function answering(page, where, changed) {
    return page.route(where, async (route) => {
        try {
            const answer = await route.fetch();
            await route.fulfill({ response: answer, json: changed(await answer.json()) });
        } catch {
            /* the page has been closed meanwhile */
        }
    });
}

/** Until the view has what it asked for: no request is open for a quarter of a second. @param {any} page */
export async function settled(page) {
    for (let quiet = 0, i = 0; quiet < 5 && i < 200; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        quiet = page.open.size === 0 ? quiet + 1 : 0;
    }
}

/** @param {any} page */
export function faultsOf(page) {
    return page.faults.filter((text) => !page.expected.test(text));
}

/** What an automatic check of accessibility finds, serious or worse. @param {any} page */
export async function accessFaults(page) {
    const session = await page.context().newCDPSession(page);
    const source = (await import('node:fs')).readFileSync(load().resolve('axe-core/axe.min.js'), 'utf8');
    await session.send('Runtime.evaluate', { expression: source });
    const found = await session.send('Runtime.evaluate', {
        expression:
            "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + n.html.slice(0, 120)).join(' | ')))",
        awaitPromise: true,
        returnByValue: true,
    });
    await session.detach();
    if (found.exceptionDetails) throw new Error(JSON.stringify(found.exceptionDetails));
    return found.result.value;
}

/** Does anything stick out to the right of the page? @param {any} page */
export function tooWide(page) {
    return page.evaluate(() => {
        const root = document.documentElement;
        if (root.scrollWidth <= root.clientWidth) return [];
        return [...document.querySelectorAll('main *, header *, nav *')]
            .filter((el) => el.getBoundingClientRect().right > root.clientWidth + 1 && !el.closest('.table-frame'))
            .slice(0, 5)
            .map((el) => `${el.tagName}.${el.className} ${(el.textContent ?? '').slice(0, 40)}`);
    });
}

/** @param {any} page @param {string} name */
export function shot(page, name) {
    return page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}

/** Ten dry runs as this browser's own tasks. It runs in the page. */
export async function tenTasks() {
    const ids = [];
    for (let i = 0; i < 10; i++) {
        const answer = await fetch('api/prices/recalculate-all', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ as_of: `2026-02-${10 + i}`, dry_run: true }),
        });
        ids.push((await answer.json()).task_id);
    }
    const mine = Object.fromEntries(ids.map((id) => [id, { type: 'recalculate', label: '', started: Date.now() }]));
    localStorage.setItem('pf.mine', JSON.stringify(mine));
    dispatchEvent(new StorageEvent('storage', { key: 'pf.mine' }));
    return ids;
}

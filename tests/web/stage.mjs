/* What the files of tests share: a daemon with the data of the demo, a browser, and pages that are judged when they close. A file of tests is
 * a process of its own; it calls stage() once and reads `daemon` and `browser` inside its tests. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { accessFaults, faultsOf, lacking, launch, newPage, shot, tooWide } from './browser.mjs';
import { Daemon } from './daemon.mjs';

/** @type {Daemon} */
export let daemon;
/** @type {any} */
export let browser;
/** For each test: skipped and counted where there is no browser. */
export const opts = { skip: lacking || false };

/** @param {() => Promise<unknown>} [prepare] what a file needs beside the demo */
export function stage(prepare = async () => {}) {
    before(async () => {
        if (lacking) return;
        daemon = await new Daemon().start();
        await daemon.loadDemo();
        await prepare();
        browser = await launch();
    });
    after(async () => {
        await browser?.close();
        await daemon?.end();
    });
}

/** What the API says. @param {string} path */
export const api = async (path) => (await daemon.ask(path)).json;

/** A page at a hash, from "#" on, once `ready` is there. @param {string} hash @param {object} [options] @param {string} [ready] */
export async function open(hash, options, ready = 'main h1') {
    const page = await newPage(browser, options);
    await page.goto(`${daemon.url}/${hash}`);
    await page.waitForSelector(ready);
    return page;
}

/** The same, closed and judged at the end. @param {string} hash without "#/" @param {object} options @param {(page: any) => Promise<void>} act */
export async function at(hash, options, act) {
    const page = await newPage(browser, options);
    try {
        await page.goto(`${daemon.url}/#/${hash}`);
        await page.waitForSelector('main h1');
        await act(page);
        assert.deepEqual(faultsOf(page), []);
    } finally {
        await page.context().close();
    }
}

/** Nothing sticks out, nothing is inaccessible, nothing was logged. @param {any} page @param {string} name of the picture */
export async function sound(page, name) {
    await shot(page, name);
    assert.deepEqual(await accessFaults(page), [], name);
    assert.deepEqual(await tooWide(page), [], name);
    assert.deepEqual(faultsOf(page), [], name);
}

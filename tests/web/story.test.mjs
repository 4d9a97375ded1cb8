/* The jobs of a day behind nginx with TLS, by the shipped site, counted in clicks; the page below a prefix; a day of polls. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { faultsOf, lacking, launch, newPage, shot, tenTasks } from './browser.mjs';
import { DEMO, Daemon, TOP, pause } from './daemon.mjs';

const NGINX = '/usr/sbin/nginx';
const skip = lacking || (existsSync(NGINX) ? false : 'nginx is not installed');
let browser, daemon, nginx, site, below;

const freePort = () =>
    new Promise((resolve) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });

const opens = (port) =>
    new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
        socket.on('error', () => resolve(false));
    });

/** The shipped site with a certificate, and beside it the daemon below a prefix. */
async function startNginx() {
    const { place } = daemon;
    const [port, second] = [await freePort(), await freePort()];
    const key = ['-keyout', `${place}/key.pem`, '-out', `${place}/cert.pem`, '-days', '2', '-subj', '/CN=priceforge'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...key], {
        stdio: 'ignore',
    });
    const shipped = readFileSync(path.join(TOP, 'deploy/priceforge-nginx.conf.in'), 'utf8');
    const tls = `127.0.0.1:${port} ssl;\n    ssl_certificate ${place}/cert.pem;\n    ssl_certificate_key ${place}/key.pem`;
    writeFileSync(`${place}/site.conf`, shipped.replaceAll('@httpdir@', `${place}/state/run`).replace('@listen@', tls));
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${place}/${kind};`).join('\n');
    writeFileSync(
        `${place}/nginx.conf`,
        `${process.getuid() === 0 ? 'user root;' : ''}
pid ${place}/nginx.pid;
error_log ${place}/nginx.log warn;
events { worker_connections 512; }
http {
    access_log off;
    ${temps}
    include ${place}/site.conf;
    server {
        listen 127.0.0.1:${second};
        client_max_body_size 64m;
        location /tools/prices/ { proxy_pass http://priceforge/; proxy_http_version 1.1; proxy_set_header Host $host; }
    }
}
`,
    );
    nginx = spawn(NGINX, ['-c', `${place}/nginx.conf`, '-p', place, '-g', 'daemon off;'], { stdio: 'ignore' });
    for (let i = 0; i < 100 && !(await opens(port)); i++) await pause(50);
    site = `https://127.0.0.1:${port}`;
    below = `http://127.0.0.1:${second}/tools/prices`;
}

before(async () => {
    if (skip) return;
    daemon = await new Daemon().start();
    await daemon.loadCatalogue();
    await daemon.run('/api/prices/recalculate-all', { as_of: '2026-02-05' });
    await startNginx();
    browser = await launch();
});

after(async () => {
    await browser?.close();
    nginx?.kill();
    await daemon?.end();
});

/** @param {(page: any) => Promise<void>} act @param {object} [options] */
async function onPage(act, options = {}) {
    const page = await newPage(browser, { more: { ignoreHTTPSErrors: true }, ...options });
    await page.addInitScript(() => {
        globalThis.clicks = 0;
        addEventListener('click', (event) => event.isTrusted && globalThis.clicks++, true);
    });
    try {
        await act(page);
        assert.deepEqual(faultsOf(page), []);
    } finally {
        await page.context().close();
    }
}

const clicks = (page) => page.evaluate(() => globalThis.clicks);

test('today is imported by a drop and one click, behind TLS and packed by brotli', { skip }, async () => {
    const body = readFileSync(path.join(DEMO, 'stock.xlsx'));
    await onPage(async (page) => {
        const packed = new Set();
        page.on('response', (answer) => answer.url().includes('/assets/') && packed.add(answer.headers()['content-encoding']));
        await page.goto(site);
        await page.setInputFiles('input[type=file]', { name: 'stock 04.xlsx', mimeType: '', buffer: body });
        await page.getByLabel('Warehouse').selectOption('MAIN'); // the first time alone
        await page.getByRole('button', { name: 'Check', exact: true }).click();
        await page.getByRole('button', { name: 'Import 475 rows' }).waitFor();
        assert.ok(
            [...packed].every((coding) => coding === 'br' || coding === 'gzip'),
            [...packed].join(' '),
        );
        await page.reload();
        await page.setInputFiles('input[type=file]', { name: 'stock 05.xlsx', mimeType: '', buffer: body });
        await page.getByRole('button', { name: 'Import 475 rows' }).click();
        await page.locator('.toast', { hasText: '475 of 484 rows imported' }).waitFor();
        assert.equal(await clicks(page), 1);
        assert.equal((await daemon.ask('/api/stock/imports')).json.imports.length, 1);
        await shot(page, 'story-imported');
    });
});

test('recalculate: tried, then done, in two clicks; then a list in three', { skip }, async () => {
    await onPage(async (page) => {
        await page.goto(`${site}/#/recalculate`);
        await page.waitForSelector('main h1');
        await page.getByRole('button', { name: /Try it/ }).click();
        await page
            .getByRole('button', { name: /^Recalculate/ })
            .last()
            .waitFor();
        await page.waitForURL(/#\/recalculate\/[0-9a-f-]{36}/);
        await page
            .getByRole('main')
            .getByRole('button', { name: /^Recalculate/ })
            .last()
            .click();
        await page.locator('.toast', { hasText: 'Prices:' }).waitFor();
        assert.equal(await clicks(page), 2);
        await page.goto(`${site}/#/lists`);
        await page
            .getByRole('link', { name: 'New price list' })
            .or(page.getByRole('button', { name: 'New price list' }))
            .first()
            .click();
        await page.getByRole('button', { name: 'Create' }).click();
        await page.locator('.toast', { hasText: 'Price list' }).waitFor();
        assert.ok((await clicks(page)) <= 4);
    });
});

test('below a prefix of a proxy everything works: page, API, files', { skip }, async () => {
    await onPage(async (page) => {
        await page.goto(`${below}/`);
        await page.setInputFiles('input[type=file]', {
            name: 'stock.xlsx',
            mimeType: '',
            buffer: readFileSync(path.join(DEMO, 'stock.xlsx')),
        });
        await page.getByLabel('Warehouse').selectOption('MAIN');
        await page.getByRole('button', { name: 'Check', exact: true }).click();
        await page.getByRole('button', { name: 'Import 475 rows' }).waitFor();
        await page.goto(`${below}/#/tasks`);
        await page.locator('tbody a').first().click();
        await page.getByRole('heading', { level: 1 }).waitFor();
    });
});

test('a day of polls: memory stays flat', { skip }, async () => {
    const most = parseInt(process.env.PF_POLLS ?? '1500', 10);
    const stopped = daemon.pauseRunners();
    try {
        await onPage(async (page) => {
            await page.addInitScript(() => {
                const real = globalThis.setTimeout;
                globalThis.setTimeout = (act, ms, ...more) => real(act, ms / 100, ...more); // a day in minutes
            });
            let polls = 0;
            page.on('response', (answer) => answer.url().includes('ids=') && polls++);
            await page.goto(`${daemon.url}/#/tasks`);
            await page.waitForSelector('main h1');
            await page.evaluate(tenTasks);
            const session = await page.context().newCDPSession(page);
            const heap = async () => {
                await session.send('HeapProfiler.collectGarbage');
                return (await session.send('Runtime.getHeapUsage')).usedSize;
            };
            const until = async (n) => {
                for (let i = 0, seen = polls; i < 1200 + most && polls < n; i++) {
                    await pause(50);
                    if (i % 60 !== 59) continue;
                    if (polls === seen) {
                        stopped.push(...daemon.pauseRunners()); // the master has replaced them, and the tasks are done
                        await page.evaluate(tenTasks);
                    }
                    seen = polls;
                }
                assert.ok(polls >= n, `${polls} polls`);
            };
            await until(most / 5);
            const early = await heap();
            await until(most);
            const grown = (await heap()) - early;
            assert.ok(grown < 512 * 1024, `${grown} bytes more after ${polls} polls`);
        });
    } finally {
        daemon.resume(stopped);
    }
});

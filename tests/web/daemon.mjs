/* A daemon of the build under test, with the data of the demo. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const TOP = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
export const BUILD = process.env.PF_BUILD ?? path.join(TOP, 'build');
export const DEMO = path.join(TOP, 'tests/data/demo');

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Daemon {
    /** @param {Record<string, string | number>} [options] */
    constructor(options = {}) {
        this.place = mkdtempSync(path.join(tmpdir(), 'pf-web-'));
        chmodSync(this.place, 0o755);
        this.options = { 'http.listen': '127.0.0.1:0', 'http.workers': 2, 'paths.state_dir': path.join(this.place, 'state'), ...options };
        this.log = '';
    }

    async start() {
        const given = Object.entries(this.options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
        this.process = spawn(path.join(BUILD, this.program ?? 'priceforged'), ['-c', '/dev/null', ...given], {
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        this.ended = new Promise((resolve) => this.process.once('exit', resolve));
        let out = '';
        this.process.stdout.on('data', (data) => (out += data));
        this.process.stderr.on('data', (data) => (this.log = (this.log + data).slice(-20000)));
        for (let i = 0; i < 600 && !/^ready: http=/m.test(out); i++) {
            if (this.process.exitCode !== null) throw new Error(`the daemon has ended: ${this.log}`);
            await pause(100);
        }
        const found = /^ready: http=(\S+)/m.exec(out);
        if (!found) throw new Error(`the daemon is not ready: ${this.log}`);
        this.url = `http://${found[1]}`;
        this.options['http.listen'] = found[1]; // after a restart it is where it was
        return this;
    }

    /** @param {NodeJS.Signals} signal */
    async stop(signal = 'SIGTERM') {
        this.process?.kill(signal);
        await this.ended;
    }

    async end() {
        await this.stop();
        rmSync(this.place, { recursive: true, force: true });
    }

    /** Tasks wait until the processes that are returned get SIGCONT. */
    pauseRunners() {
        const found = [];
        for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
            const pid = parseInt(name, 10);
            try {
                const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
                const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
                if (parent === String(this.process.pid) && title.startsWith('priceforged: runner')) found.push(pid);
            } catch {
                /* it has ended */
            }
        }
        if (!found.length) throw new Error('there are no runners');
        for (const pid of found) process.kill(pid, 'SIGSTOP');
        return found;
    }

    /** @param {number[]} pids those that were given up and replaced in the meantime are passed over */
    resume(pids) {
        for (const pid of pids)
            try {
                process.kill(pid, 'SIGCONT');
            } catch {
                /* it was stopped for so long that the master replaced it */
            }
    }

    /** @param {string} where @param {RequestInit} [init] */
    async ask(where, init) {
        const answer = await fetch(this.url + where, init);
        const text = await answer.text();
        return {
            status: answer.status,
            headers: answer.headers,
            body: text,
            json: /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : null,
        };
    }

    /** Start a task and wait for its end. @param {string} where @param {string | Buffer | object} body @param {string} [type] */
    async run(where, body, type) {
        const json = typeof body === 'object' && !Buffer.isBuffer(body);
        const init = {
            method: 'POST',
            headers: { 'Content-Type': type ?? (json ? 'application/json' : 'application/octet-stream') },
            body: json ? JSON.stringify(body) : body,
        };
        const started = await this.ask(where, init);
        if (started.status !== 202) throw new Error(`${where}: ${started.status} ${started.body}`);
        for (;;) {
            const task = (await this.ask(`/api/tasks/${started.json.task_id}?wait=20&view=full`)).json;
            if (task.status !== 'running') return task;
        }
    }

    async loadCatalogue() {
        for (const table of ['warehouses', 'components', 'part_numbers', 'parties', 'rates', 'quotes'])
            await this.run(`/api/catalog/${table}/import`, readFileSync(path.join(DEMO, `${table}.csv`)), 'text/csv');
    }

    /** What the demo makes: prices, stock, lists. */
    async loadDemo() {
        await this.loadCatalogue();
        await this.run('/api/prices/recalculate-all', { as_of: '2026-02-05' });
        await this.run('/api/stock/import?warehouse=MAIN&filename=stock.xlsx', readFileSync(path.join(DEMO, 'stock.xlsx')));
        await this.run('/api/pricelists', { source: 'estimate', as_of: '2026-02-05', coefficient: '1.05', note: 'demo: 5 % on top' });
        for (const source of ['estimate', 'warehouse', 'competitor']) await this.run('/api/pricelists', { source, as_of: '2026-02-05' });
    }
}

/* screenshots.mjs DIR: the pictures of the README, from the data of the demo. ./dev screenshots calls it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { lacking, launch, newPage } from './browser.mjs';
import { DEMO, Daemon } from './daemon.mjs';

if (lacking) throw new Error(lacking);
const [, , place] = process.argv;
const daemon = await new Daemon().start();
const browser = await launch();
try {
    await daemon.loadDemo();
    const size = { more: { viewport: { width: 1180, height: 760 } } };
    const page = await newPage(browser, size);
    const query = 'warehouse=MAIN&dry_run=true&filename=stock.xlsx';
    const { id } = await daemon.run(`/api/stock/import?${query}`, readFileSync(path.join(DEMO, 'stock.xlsx')));
    await page.goto(`${daemon.url}/#/import/${id}`);
    await page.getByRole('button', { name: 'Import 475 rows' }).waitFor();
    await page.waitForLoadState('networkidle');
    await page.screenshot({ path: path.join(place, 'console-import.png') });
    const other = await newPage(browser, { ...size, lang: 'ru', scheme: 'dark' });
    await other.goto(`${daemon.url}/#/prices/ACC-BBU-SUPERCAP`);
    await other.getByRole('heading', { level: 1 }).waitFor();
    await other.waitForLoadState('networkidle');
    await other.screenshot({ path: path.join(place, 'console-price.png') });
} finally {
    await browser.close();
    await daemon.end();
}

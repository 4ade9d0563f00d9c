// The page as a whole: what it weighs, what it keeps out, how it looks to those who do not see it, and
// the file that `atento explain` writes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch, open, stretched, violations, words } from './browser.mjs';
import { recorded, serve } from './server.mjs';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = join(web, 'dist', 'page.html');
const TEXT = 'je ne le vois pas .';
const query = new URLSearchParams({ model: 'additive', text: TEXT });
const VIEWS = {
  empty: '', translate: `#/translate?${query}`, reading: `#/step?${query}&j=3`,
  step: `#/step?${query}&t=3`, whatif: `#/whatif?${query}&t=4`,
  compare: `#/compare?${query}&other=fixed`, beam: `#/beam?${query}`,
  error: `#/translate?${new URLSearchParams({ model: 'nobody', text: 'x' })}`,
};

let browser;
let server;
let directory;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'atento-page-'));
  browser = await launch();
  server = await serve();
  const trace = await recorded({ model: 'additive', text: TEXT, beam: 5, detail: 'vectors', candidates: 10 });
  server.extra.set('sixty', stretched(trace, 9));
});
after(async () => {
  await browser.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

/** The page with something in its places for data. */
function withData(data) {
  let page = readFileSync(built, 'utf8');
  for (const [id, value] of Object.entries(data)) {
    const json = JSON.stringify(value).replaceAll('<', '\\u003c');
    page = page.replace(`id="${id}">`, () => `id="${id}">${json}`);
  }
  const file = join(directory, 'with-data.html');
  writeFileSync(file, page);
  return pathToFileURL(file).href;
}

test('a rebuild gives the same bytes', () => {
  const output = join(directory, 'page.html');
  execFileSync(process.execPath, [join(web, 'build.mjs'), output], { stdio: 'pipe' });
  assert.ok(readFileSync(output).equals(readFileSync(built)), 'run: npm run build');
});

test('the page is small and names no other host', () => {
  assert.ok(statSync(built).size <= 300_000);
  const page = readFileSync(built, 'utf8');
  const hosts = [...page.matchAll(/https?:\/\/[^/'"\s)]+/g)].map(([url]) => url);
  assert.deepEqual([...new Set(hosts)].filter((url) => url !== 'http://www.w3.org'), []);
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing: ${colorScheme}`, async () => {
    for (const [name, hash] of Object.entries(VIEWS)) {
      if (name === 'error') continue;
      const { page, close } = await open(browser, server.url, hash, { colorScheme });
      await page.waitForLoadState('networkidle');
      assert.deepEqual(await violations(page), [], name);
      if (name === 'step') {
        await page.locator('.grid .word').nth(1).click();
        assert.deepEqual(await violations(page), [], 'numbers');
      }
      await close();
    }
  });
}

test('nothing is wider than a phone', async () => {
  for (const [name, hash] of Object.entries(VIEWS)) {
    if (name === 'error') continue;
    const { page, close } = await open(browser, server.url, hash,
      { viewport: { width: 360, height: 740 }, hasTouch: true });
    await page.waitForLoadState('networkidle');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${name}: ${width}`);
    await close();
  }
});

test('no words overlap, with sixty of them either', async () => {
  const sixty = new URLSearchParams({ model: 'additive', text: 'sixty' });
  for (const hash of [`#/step?${sixty}&t=40`, `#/translate?${sixty}`, `#/whatif?${sixty}&t=3`]) {
    const { page, close } = await open(browser, server.url, hash);
    await page.waitForLoadState('networkidle');
    const overlaps = await page.evaluate(() => {
      const boxes = (selector) => [...document.querySelectorAll(selector)]
        .map((each) => each.getBoundingClientRect()).filter(({ width }) => width > 0);
      return ['.word', '.vec.score', '.weight .number', '.fed', '.weight-slider .name', '.out']
        .flatMap((selector) => boxes(selector).filter((box, i, all) => i > 0 &&
          Math.abs(box.top - all[i - 1].top) < 2 && box.left < all[i - 1].right - 0.5)
          .map(() => selector));
    });
    assert.deepEqual(overlaps, []);
    await close();
  }
});

test('what stands in a text is text', async () => {
  const text = '<img src=x onerror=alert(1)> <script>alert(2)</script> & .';
  const trace = await recorded({ model: 'additive', text: TEXT, beam: 5, detail: 'vectors', candidates: 10 });
  const evil = structuredClone(trace);
  const bad = '<b onmouseover=alert(3)>';
  evil.source.text = text;
  evil.source.words[0] = evil.source.tokens[0] = bad;
  evil.target.words[0] = evil.target.tokens[0] = evil.target.text = bad;
  evil.steps[0].chosen.token = evil.steps[0].candidates[0].token = bad;
  evil.beam.nodes[1].token = bad;
  server.extra.set(text, evil);
  for (const view of ['translate', 'step', 'whatif', 'beam', 'compare']) {
    const { page, close } = await open(browser, server.url,
      `#/${view}?${new URLSearchParams({ model: 'additive', text })}&t=1`);
    page.on('dialog', () => assert.fail('a script ran'));
    await page.getByText(bad).first().waitFor();
    assert.equal(await page.locator('main b[onmouseover], main img, main script').count(), 0);
    await close();
  }
  const url = withData({ 'embedded-trace': evil });
  const { page, close } = await open(browser, url, '#/translate');
  await page.getByText(bad).first().waitFor();
  await close();
});

test('an error is shown, and says what', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.url + VIEWS.error);
  await page.getByRole('alert').waitFor();
  assert.match(await page.textContent('[role=alert]'), /nobody/);
  assert.deepEqual(await violations(page), []);
  await context.close();
});

test('a file with a trace inside opens from disk', async () => {
  const trace = await recorded({ model: 'additive', text: TEXT, beam: 5, detail: 'vectors', candidates: 10 });
  const url = withData({ 'embedded-trace': trace });
  const { page, close } = await open(browser, url, '#/step?t=2');
  await page.waitForSelector('.encoder');
  assert.deepEqual(await words(page.locator('nav a')), ['Translate', 'Step', 'Beam']);
  assert.equal(await page.locator('#text').count(), 0);
  assert.equal(await page.textContent('#given'), TEXT);
  assert.deepEqual(await violations(page), []);
  await page.getByRole('link', { name: 'Beam' }).click();
  await page.waitForSelector('.tree');
  assert.equal(await page.locator('#beam-size').count(), 0);
  await close();
});

test('the alignment of every validation, once there is one', async () => {
  const trace = await recorded({ model: 'additive', text: TEXT, beam: 5, detail: 'vectors', candidates: 10 });
  const probes = [100, 200, 300].map((step) => {
    const probe = structuredClone(trace);
    probe.target.text = `after ${step}`;
    return { step, traces: [probe] };
  });
  const metrics = [100, 200, 300].map((step) => ({ step, loss: 300 / step, exact: step / 4 }));
  const url = withData({ 'embedded-trace': trace, 'embedded-learning': { probes, metrics } });
  const { page, close } = await open(browser, url, '#/learning?at_step=0');
  await page.waitForSelector('.matrix');
  assert.equal(await page.textContent('.learn .result'), 'after 100');
  assert.deepEqual(await words(page.locator('figcaption .number')), ['3.000', '25.000']);
  await page.locator('#main').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.textContent('.learn .result'), 'after 200');
  assert.deepEqual(await violations(page), []);
  await close();
});

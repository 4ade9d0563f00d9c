// Sources that are the cells of a grid: over their picture, or as a heat map, in every view.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gridded, launch, open, PICTURE, violations, words } from './browser.mjs';
import { recorded, serve } from './server.mjs';

const TEXT = 'je ne le vois pas .';
const query = (text) => new URLSearchParams({ model: 'additive', text });

let browser;
let server;
let trace;
before(async () => {
  browser = await launch();
  server = await serve();
  trace = gridded(await recorded({ model: 'additive', text: TEXT, beam: 5, detail: 'vectors',
    candidates: 10 }));
  server.extra.set('bare', trace);
  server.extra.set('picture', { ...trace, source: { ...trace.source, picture: PICTURE } });
  server.extra.set('elsewhere',
    { ...trace, source: { ...trace.source, picture: 'http://127.0.0.1:9/cat.png' } });
});
after(async () => {
  await browser.close();
  await server.close();
});

/** For each cell how much the canvas covers what is below it, from 0 to 255. */
const cells = (locator) => locator.evaluate((canvas) => {
  const { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  return Array.from({ length: data.length / 4 }, (_, j) => data[4 * j + 3]);
});
const almost = (shown, wanted) => {
  assert.equal(shown.length, wanted.length);
  shown.forEach((value, j) => assert.ok(Math.abs(value - wanted[j]) <= 1, `${j}: ${value} for ${wanted[j]}`));
};
const relative = (weights) => weights.map((weight) => weight / Math.max(...weights));
const large = (page) => page.locator('.large canvas');

test('a word darkens all of the picture but what it looked at', async () => {
  const { page, close } = await open(browser, server.url, `#/translate?${query('picture')}`);
  await page.waitForSelector('.looks');
  const dark = (weights) => relative(weights).map((part) => 255 * 0.75 * (1 - part));
  assert.equal(await page.locator('.large img').getAttribute('src'), PICTURE);
  almost(await cells(large(page)), Array(14).fill(0));
  assert.deepEqual(await words(page.locator('.look .token')), trace.target.words);
  for (const [i, weights] of trace.alignment.weights.entries()) {
    almost(await cells(page.locator('.look canvas').nth(i)), dark(weights));
    await page.locator('.look').nth(i).focus();
    almost(await cells(large(page)), dark(weights));
    const best = trace.source.words[weights.indexOf(Math.max(...weights))];
    const sentence = await page.textContent('#live');
    assert.ok(sentence.startsWith(`“${trace.target.words[i]}” looked most at cell ${best}, with `), sentence);
    assert.equal(await page.locator('.large .cells').getAttribute('aria-label'), sentence);
  }
  await close();
});

test('arrows and the pointer go from word to word', async () => {
  const { page, close } = await open(browser, server.url, `#/translate?${query('picture')}`);
  await page.waitForSelector('.looks');
  const lit = () => words(page.locator('.look.lit .token'));
  await page.locator('#main').focus();
  for (const i of [0, 1, 2]) {
    await page.keyboard.press('ArrowRight');
    assert.deepEqual(await lit(), [trace.target.words[i]]);
  }
  await page.keyboard.press('ArrowLeft');
  assert.deepEqual(await lit(), [trace.target.words[1]]);
  await page.locator('.look').nth(4).hover();
  assert.deepEqual(await lit(), [trace.target.words[4]]);
  await page.mouse.move(1, 1);
  assert.deepEqual(await lit(), [trace.target.words[1]]);
  await page.evaluate(() => document.activeElement.blur());
  assert.deepEqual(await lit(), []);
  almost(await cells(large(page)), Array(14).fill(0));
  await page.getByRole('button', { name: 'As the model reads' }).click();
  assert.equal(await page.locator('.look').count(), trace.steps.length);
  await close();
});

test('without a picture the cells are a heat map', async () => {
  const { page, close } = await open(browser, server.url, `#/translate?${query('bare')}`);
  await page.waitForSelector('.looks');
  assert.equal(await page.locator('main img').count(), 0);
  const rows = trace.alignment.weights;
  const mean = rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  almost(await cells(large(page)), relative(mean).map((part) => 255 * part));
  await page.locator('.look').nth(2).focus();
  almost(await cells(large(page)), relative(rows[2]).map((part) => 255 * part));
  const box = await large(page).boundingBox();
  assert.ok(Math.abs(box.width / box.height - 3.5) < 0.1);
  await close();
});

test('a picture that is no data: URI is not asked for', async () => {
  const { page, close } = await open(browser, server.url, `#/translate?${query('elsewhere')}`);
  await page.waitForSelector('.looks');
  assert.equal(await page.locator('main img').count(), 0);
  await close();
});

test('the steps look at the picture, and the gate stands in the equation of the context', async () => {
  const { page, close } = await open(browser, server.url, `#/step?${query('picture')}`);
  await page.waitForSelector('.encoder');
  const seen = page.locator('.sight canvas');
  assert.equal(await page.textContent('#live'), 'The picture as vectors, one for each cell.');
  almost(await cells(seen), Array(14).fill(0));
  await page.locator('.chip', { hasText: 'softmax' }).click();
  for (const [i, { attention }] of trace.steps.slice(0, 9).entries()) {
    await page.waitForFunction((t) =>
      document.getElementById('where').textContent.startsWith(`step ${t} `), i + 1);
    almost(await cells(seen), relative(attention.weights).map((part) => 255 * 0.75 * (1 - part)));
    await page.locator('.chip', { hasText: 'add' }).click();
    assert.match(await page.textContent('#live'), /the gate lets \d+(\.\d)? % of it through\.$/);
    await page.locator('.flow-box').click();
    assert.equal(await page.locator('[data-gate]').getAttribute('data-gate'), String(attention.gate));
    assert.match(await page.locator('.panel').innerText(), /c = β Σj αj hj/);
    const first = Number(await page.locator('[data-context]').getAttribute('data-context'));
    assert.ok(Math.abs(first - attention.context[0]) < 1e-5, `${first} for ${attention.context[0]}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+ArrowRight');
  }
  const { x, y, width, height } = await seen.boundingBox();
  await page.mouse.click(x + width * 2.5 / 7, y + height * 0.75);
  assert.equal(await page.textContent('.panel h2'), '1,2');
  await close();
});

test('alignment that emerges is drawn on the grid too', async () => {
  const { page, close } = await open(browser, server.url);
  await page.route('**/learning', (route) => route.fulfill({ json: { metrics: [],
    probes: [{ step: 5, traces: [trace] }, { step: 9, traces: [trace] }] } }));
  await page.goto(`${server.url}#/learning?model=additive&at_step=0`);
  await page.waitForSelector('.learn .looks');
  assert.equal(await page.locator('.look').count(), trace.target.words.length);
  assert.equal(await page.locator('.matrix').count(), 0);
  await close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing, and nothing is wider than a phone: ${colorScheme}`, async () => {
    for (const text of ['bare', 'picture']) {
      for (const hash of [`#/translate?${query(text)}`, `#/step?${query(text)}&t=2`,
        `#/compare?${query(text)}&other=dot`]) {
        const { page, close } = await open(browser, server.url, hash,
          { colorScheme, viewport: { width: 360, height: 740 } });
        await page.waitForSelector('.cells');
        assert.deepEqual(await violations(page), [], hash);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 360, `${hash}: ${width}`);
        await close();
      }
    }
  });
}

// The page as `atento serve` and `atento explain` give it, with models that are trained here: what is
// on the screen is what the server answers, and the numbers agree among themselves.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { atento, PROGRAM, serve, train, trainOnGrids } from './atento.mjs';
import { launch, open, PICTURE, violations, words } from './browser.mjs';

const TEXT = 'je ne le vois pas .';
const query = (fields) => new URLSearchParams({ model: 'additive', text: TEXT, ...fields }).toString();
const number = (text) => Number(text.replace('−', '-'));
const sum = (values) => values.reduce((a, b) => a + b, 0);

describe('against the program', { skip: !PROGRAM && 'ATENTO names no program' }, () => {
  let models;
  let server;
  let browser;
  before(async () => {
    [browser, models] = await Promise.all([launch(), train()]);
    server = await serve(models.paths);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    models?.close();
  });

  test('the page comes packed, with its policy', async () => {
    const response = await fetch(server.url);
    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.match(response.headers.get('content-type'), /^text\/html; charset=utf-8$/);
    assert.match(response.headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/);
    assert.match(await response.text(), /<title>Atento<\/title>/);
    const again = await fetch(server.url, { headers: { 'If-None-Match': response.headers.get('etag') } });
    assert.equal(again.status, 304);
  });

  test('typing translates, and a word says what it looked at', async () => {
    const { page, close } = await open(browser, server.url);
    await page.getByText('Type a sentence above').waitFor();
    await page.locator('#text').pressSequentially(TEXT);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#result');
    const trace = await server.trace({ text: TEXT, detail: 'weights' });
    assert.equal(await page.textContent('#result'), trace.target.text);
    const row = trace.alignment.weights[0];
    const best = trace.source.words[row.indexOf(Math.max(...row))];
    await page.locator('.words.target .word').first().focus();
    assert.ok((await words(page.locator('.words:not(.target) .word.lit'))).includes(best));
    assert.deepEqual(await violations(page), []);
    await close();
  });

  test('every step shows the numbers of the trace, and they agree', async () => {
    const trace = await server.trace({ model: 'additive', text: TEXT, beam: 1 });
    const { page, close } = await open(browser, server.url, `#/translate?${query({ beam: 1 })}`);
    await page.getByRole('link', { name: 'Step' }).click();
    await page.waitForSelector('.encoder');
    await page.locator('.chip', { hasText: 'score' }).click();
    for (const [i, step] of trace.steps.entries()) {
      await page.waitForFunction((t) =>
        document.getElementById('where').textContent.startsWith(`step ${t} `), i + 1);
      const own = step.attention.weights;
      assert.ok(Math.abs(sum(own) - 1) < 1e-5, 'weights sum to 1');
      step.attention.context.forEach((c, k) => {
        const mixed = sum(own.map((weight, j) => weight * trace.encoder.annotations[j][k]));
        assert.ok(Math.abs(mixed - c) < 1e-5, `context ${k}: ${mixed} for ${c}`);
      });
      const best = step.candidates.reduce((a, b) => (b.log_prob > a.log_prob ? b : a));
      assert.equal(best.token, trace.target.tokens[i], 'greedy takes the most probable');
      await page.locator('.chip', { hasText: 'choose' }).click();
      const shown = (await words(page.locator('.weight .number'))).map(number);
      assert.equal(shown.length, own.length);
      shown.forEach((weight, j) => assert.ok(Math.abs(weight - own[j]) <= 0.00501));
      const scores = (await words(page.locator('.vec.score .value'))).map(number);
      scores.forEach((score, j) =>
        assert.ok(Math.abs(score - step.attention.heads[0].scores[j]) < 0.006));
      assert.equal(await page.textContent('.candidate.chosen .token'), best.token);
      await page.locator('.flow-box').click();
      const first = Number(await page.locator('[data-context]').getAttribute('data-context'));
      assert.ok(Math.abs(first - step.attention.context[0]) < 1e-5);
      await page.keyboard.press('Escape');
      if (i + 1 < trace.steps.length) await page.keyboard.press('Shift+ArrowRight');
    }
    assert.deepEqual(await violations(page), []);
    await close();
  });

  test('what if: another candidate, and other weights', async () => {
    const own = await server.trace({ model: 'additive', text: TEXT, beam: 1, candidates: 8 });
    const { page, close } = await open(browser, server.url, `#/whatif?${query({ t: 1 })}`);
    await page.waitForSelector('.choices .candidate');
    const [, second] = own.steps[0].candidates;
    await page.locator('.choices .candidate', { hasText: second.token }).first().click();
    await page.waitForFunction((token) =>
      document.querySelector('.step-word').textContent === token, second.token);
    const forced = await server.trace({ model: 'additive', text: TEXT, beam: 1,
      target_prefix: [second.id] });
    assert.equal(await page.locator('.sentence').nth(1).textContent(), forced.target.text);
    await page.getByRole('button', { name: 'Back to the model’s own' }).click();
    await page.waitForFunction((text) =>
      document.querySelectorAll('.sentence')[1].textContent === text, own.target.text);
    await page.locator('.slot').nth(3).focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => /alpha=/.test(location.hash));
    const state = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
    const moved = await server.trace({ model: 'additive', text: TEXT, beam: 1, candidates: 8,
      alpha: { step: 0, weights: state.get('alpha').split(' ').map(Number) } });
    assert.ok(moved.steps[0].attention.weights[3] > 0.99);
    await page.waitForFunction((text) =>
      document.querySelectorAll('.sentence')[1].textContent === text, moved.target.text);
    assert.deepEqual(await violations(page), []);
    await close();
  });

  test('compare: beside the first model the one that cannot look back', async () => {
    const { page, close } = await open(browser, server.url, `#/translate?${query()}`);
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.waitForSelector('.sides');
    for (const [i, model] of ['additive', 'fixed'].entries()) {
      const trace = await server.trace({ model, text: TEXT });
      assert.equal((await words(page.locator('.sides .result')))[i].trim(), trace.target.text);
    }
    assert.equal(await page.locator('.bottleneck').count(), 1);
    assert.deepEqual(await violations(page), []);
    await close();
  });

  test('the beam is the tree of the trace', async () => {
    const { page, close } = await open(browser, server.url, `#/translate?${query()}`);
    await page.getByRole('link', { name: 'Beam' }).click();
    await page.waitForSelector('.tree');
    const trace = await server.trace({ model: 'additive', text: TEXT });
    assert.equal(await page.locator('.node').count(), trace.beam.nodes.length);
    const other = trace.beam.finished.at(-1);
    await page.locator(`[data-node="${other.node}"]`).click();
    assert.equal(await page.textContent('.about .result'), other.text);
    assert.deepEqual(await violations(page), []);
    await close();
  });

  test('the model without attention is drawn without it', async () => {
    const { page, close } = await open(browser, server.url, `#/step?${query({ model: 'fixed', t: 1 })}`);
    await page.waitForSelector('.encoder');
    assert.equal(await page.locator('.vec.score').count(), 0);
    assert.ok((await words(page.locator('.chip'))).includes('pass'));
    await close();
  });

  test('HTML in a text is text', async () => {
    const text = '<img src=x onerror=alert(1)> <script>alert(2)</script> &amp; .';
    for (const view of ['translate', 'step', 'whatif', 'compare', 'beam']) {
      const { page, close } = await open(browser, server.url, `#/${view}?${query({ text, t: 1 })}`);
      page.on('dialog', () => assert.fail('a script ran'));
      await page.waitForSelector('main .view *');
      assert.equal(await page.locator('main img, main script').count(), 0);
      if (view === 'translate') await page.getByText('onerror=alert(1)>').first().waitFor();
      await close();
    }
  });

  test('what the server refuses is said on the page', async () => {
    const refused = {
      'there is none of the name nobody': { model: 'nobody' },
      'send at most 50000': { text: 'a '.repeat(30_000) },
    };
    for (const [message, fields] of Object.entries(refused)) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${server.url}#/translate?${query(fields)}`);
      await page.getByRole('alert').waitFor();
      assert.ok((await page.textContent('[role=alert]')).includes(message), message);
      assert.deepEqual(await violations(page), []);
      await context.close();
    }
  });

  test('a server with a key is asked with it', async () => {
    const locked = await serve(models.paths.slice(0, 1), { key: 'secret' });
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${locked.url}#/translate?${query()}`);
    await page.getByLabel('Key').fill('secret');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#result');
    await context.close();
    assert.equal(await locked.close(), 0);
  });

  for (const pictured of [true, false]) {
    test(`explain writes a file of an item ${pictured ? 'and its picture' : 'alone'}`, async () => {
      const model = await trainOnGrids();
      const png = join(model.directory, 'b.png');
      writeFileSync(png, Buffer.from(PICTURE.split(',')[1], 'base64'));
      const item = pictured ? ['--image', png] : ['--item', 'b.png'];
      const [html, json] = ['html', 'json'].map((kind) => join(model.directory, `b.${kind}`));
      for (const file of [html, json]) {
        await atento('explain', '--model', model.path, '--features', model.items, ...item,
          '--output', file, '--threads', '1');
      }
      const trace = JSON.parse(readFileSync(json, 'utf8'));
      assert.equal(trace.source.picture, pictured ? PICTURE : undefined);
      const { page, close } = await open(browser, pathToFileURL(html).href, '#/translate');
      await page.waitForSelector('.looks');
      assert.equal(await page.textContent('#given'), 'b.png');
      assert.equal(await page.locator('.large img').count(), pictured ? 1 : 0);
      assert.deepEqual(await words(page.locator('.look .token')), trace.target.words);
      assert.deepEqual(await violations(page), []);
      await page.getByRole('link', { name: 'Step' }).click();
      await page.waitForSelector('.sight .cells');
      for (const step of trace.steps) {
        await page.keyboard.press('Shift+ArrowRight');
        await page.locator('.flow-box').click();
        const gate = Number(await page.locator('[data-gate]').getAttribute('data-gate'));
        assert.equal(gate, step.attention.gate);
        const first = Number(await page.locator('[data-context]').getAttribute('data-context'));
        assert.ok(Math.abs(first - step.attention.context[0]) < 1e-5);
        await page.keyboard.press('Escape');
      }
      assert.deepEqual(await violations(page), []);
      await close();
      model.close();
    });
  }

  for (const count of [1, 2]) {
    test(`explain writes a file of ${count} that opens from disk`, async () => {
      const text = '</script><b>je</b> ne le vois pas .';
      const file = join(models.directory, `explained-${count}.html`);
      await atento('explain', ...models.paths.slice(0, count).flatMap((path) => ['--model', path]), text,
        '--output', file, '--threads', '1');
      const { page, close } = await open(browser, pathToFileURL(file).href, '#/step?t=2');
      await page.waitForSelector('.encoder');
      assert.deepEqual(await words(page.locator('nav a')),
        count === 1 ? ['Translate', 'Step', 'Beam'] : ['Translate', 'Step', 'Compare', 'Beam']);
      assert.equal(await page.textContent('#given'), text);
      assert.equal(await page.locator('#text').count(), 0);
      assert.equal(await page.locator('#model').isVisible(), count > 1);
      assert.deepEqual(await violations(page), []);
      await page.getByRole('link', { name: 'Beam' }).click();
      await page.waitForSelector('.tree');
      if (count > 1) {
        await page.getByRole('link', { name: 'Compare' }).click();
        await page.waitForSelector('.sides');
        const traces = await Promise.all(['additive', 'fixed'].map((model) =>
          server.trace({ model, text })));
        assert.deepEqual((await words(page.locator('.sides .result'))).map((each) => each.trim()),
          traces.map((trace) => trace.target.text));
        assert.deepEqual(await violations(page), []);
      }
      await close();
    });
  }
});

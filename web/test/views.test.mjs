// Every view, driven by clicks and keys on traces of trained models; what is on the screen is compared
// with the trace.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, words } from './browser.mjs';
import { learned, recorded, serve } from './server.mjs';

const TEXT = 'je ne le vois pas .';
const query = new URLSearchParams({ model: 'additive', text: TEXT });
const vectors = { model: 'additive', text: TEXT, beam: 5, detail: 'vectors', candidates: 10 };

let browser;
let server;
before(async () => {
  browser = await launch();
  server = await serve();
});
after(async () => {
  await browser.close();
  await server.close();
});

const number = (text) => Number(text.replace('−', '-'));

test('typing translates', async () => {
  const { page, close } = await open(browser, server.url);
  await page.getByText('Type a sentence above').waitFor();
  await page.selectOption('#model', 'additive');
  await page.fill('#text', TEXT);
  await page.waitForSelector('#result');
  const trace = await recorded({ ...vectors, detail: 'weights', candidates: 5 });
  assert.equal(await page.textContent('#result'), trace.target.text);
  assert.ok(page.url().includes('text=je+ne+le+vois+pas'));
  await close();
});

test('a word that is looked at lights up what it looked at', async () => {
  const { page, close } = await open(browser, server.url, `#/translate?${query}`);
  await page.waitForSelector('.ribbon');
  const trace = await recorded({ ...vectors, detail: 'weights', candidates: 5 });
  for (const [i, row] of trace.alignment.weights.entries()) {
    const best = row.indexOf(Math.max(...row));
    await page.locator('.words.target .word').nth(i).focus();
    assert.ok((await words(page.locator('.words:not(.target) .word.lit')))
      .includes(trace.source.words[best]));
    assert.match(await page.textContent('#live'), new RegExp(`looked at “${trace.source.words[best]}”`
      .replace(/[.?]/g, '\\$&')));
    assert.equal(await page.locator('.matrix text.lit').textContent(), trace.target.words[i]);
  }
  await close();
});

test('subwords: the symbols that the model reads', async () => {
  const text = 'a woman in a yellow dress is rollerblading .';
  const { page, close } = await open(browser, server.url,
    `#/translate?${new URLSearchParams({ model: 'en-de', text })}`);
  await page.waitForSelector('.ribbon');
  assert.deepEqual(await words(page.locator('.words:not(.target) .word')), text.split(' '));
  await page.getByRole('button', { name: 'As the model reads' }).click();
  const trace = await recorded({ model: 'en-de', text, beam: 5, detail: 'weights', candidates: 5 });
  assert.equal(await page.locator('.words:not(.target) .word').count(), trace.source.tokens.length);
  assert.ok(page.url().includes('units=subwords'));
  await close();
});

test('the steps show the numbers of the trace', async () => {
  const trace = await recorded(vectors);
  const { page, close } = await open(browser, server.url, `#/step?${query}&t=1`);
  await page.waitForSelector('.encoder');
  for (const [i, step] of trace.steps.entries()) {
    const t = i + 1;
    await page.waitForFunction((at) =>
      document.getElementById('where').textContent.startsWith(`step ${at} `), t);
    const weights = (await words(page.locator('.weight .number'))).map(Number);
    const own = step.attention.weights;
    weights.forEach((weight, j) => assert.ok(Math.abs(weight - own[j]) <= 0.00501));
    assert.ok(Math.abs(own.reduce((a, b) => a + b) - 1) < 1e-5);
    const scores = (await words(page.locator('.vec.score .value'))).map(number);
    scores.forEach((score, j) => assert.ok(Math.abs(score - step.attention.heads[0].scores[j]) < 0.006));
    assert.equal(await page.textContent('.candidate.chosen .token'), step.chosen.token);
    assert.equal(await page.textContent('.out.current'), step.chosen.token);
    if (t < trace.steps.length) await page.keyboard.press('Shift+ArrowRight');
  }
  assert.equal((await words(page.locator('.out:not(.hidden)'))).join(' '), trace.target.tokens.join(' '));
  await close();
});

for (const model of ['additive', 'bahdanau', 'luong']) {
  test(`${model}: equations agree with the trace`, async () => {
    const trace = await recorded({ ...vectors, model });
    const { page, close } = await open(browser, server.url,
      `#/step?${new URLSearchParams({ model, text: TEXT })}&t=2`);
    const step = trace.steps[1];
    for (let j = 0; j < trace.source.tokens.length; ++j) {
      await page.locator('.vec.score').nth(j).click();
      const wanted = step.attention.heads[0].scores[j];
      if (wanted === null) {
        await page.getByText('no score').waitFor();
        continue;
      }
      const computed = Number(await page.locator('[data-score]').getAttribute('data-score'));
      assert.ok(Math.abs(computed - wanted) < 1e-3, `${computed} for ${wanted}`);
    }
    await page.locator('.flow-box').click();
    const first = Number(await page.locator('[data-context]').getAttribute('data-context'));
    assert.ok(Math.abs(first - step.attention.context[0]) < 1e-5);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.panel').isVisible(), false);
    await close();
  });
}

test('the phases are those of the model', async () => {
  const six = ['score', 'softmax', 'weigh', 'add', 'join', 'choose'];
  const phases = { additive: ['read', ...six], bahdanau: six, luong: ['read', ...six],
    fixed: ['read', 'pass', 'join', 'choose'], none: ['read', 'join', 'choose'] };
  for (const [model, wanted] of Object.entries(phases)) {
    const { page, close } = await open(browser, server.url,
      `#/step?${new URLSearchParams({ model, text: TEXT })}`);
    await page.waitForSelector('.encoder');
    assert.deepEqual(await words(page.locator('.chip')), wanted);
    assert.equal(await page.locator('.vec.score').count() > 0, wanted.includes('score'));
    for (let moment = 0; moment < 24; ++moment) await page.keyboard.press('ArrowRight');
    assert.match(await page.textContent('#where'), /^step \d/);
    await close();
  }
});

test('without attention one state passes, and the picture shows it', async () => {
  const { page, close } = await open(browser, server.url,
    `#/step?${new URLSearchParams({ model: 'none', text: TEXT })}&j=-1`);
  await page.waitForSelector('.flow .ribbon', { state: 'attached' });
  assert.equal(await page.locator('.flow .ribbon').count(), 1);
  assert.equal(await page.locator('.flow-name').count(), 1);
  assert.equal(await page.locator('.now .box.context').count(), 0);
  await close();
});

test('keys and buttons go through the moments, and the address says where', async () => {
  const { page, close } = await open(browser, server.url, `#/step?${query}`);
  await page.waitForSelector('.encoder');
  const at = () => page.locator('.controls input[type=range]').inputValue().then(Number);
  assert.equal(await at(), 0);
  assert.equal(await page.locator('.vec.unread').count(), 14);
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('.vec.unread').count(), 12);
  await page.getByRole('button', { name: 'On (→)' }).click();
  assert.equal(await at(), 2);
  await page.getByRole('button', { name: 'Back (←)' }).click();
  assert.equal(await at(), 1);
  await page.keyboard.press('End');
  assert.match(page.url(), /t=7/);
  await page.reload();
  await page.waitForSelector('.encoder');
  assert.match(await page.textContent('#where'), /step 7 of 7/);
  await page.keyboard.press('Home');
  await page.getByRole('button', { name: 'softmax' }).click();
  assert.match(await page.textContent('#live'), /^Step 1: \d+(\.\d)? % on “.+”\.$/);
  await page.locator('#main').focus();
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.getElementById('where').textContent === 'step 2 of 7');
  await page.keyboard.press(' ');
  assert.equal(await page.textContent('.play'), 'Play');
  await close();
});

test('another candidate, and the sentence goes on from there', async () => {
  const { page, close } = await open(browser, server.url, `#/whatif?${query}&t=4`);
  await page.waitForSelector('.choices .candidate');
  const own = await page.locator('.sentence').nth(0).textContent();
  const other = page.locator('.choices .candidate:not(.chosen)').first();
  const word = await other.locator('.token').textContent();
  await other.click();
  await page.waitForFunction((before) =>
    document.querySelectorAll('.sentence')[1].textContent !== before, own);
  assert.equal((await words(page.locator('.step-word')))[3], word);
  assert.equal(await page.locator('.sentence').nth(0).textContent(), own);
  assert.match(page.url(), /prefix=/);
  await page.goBack();
  await page.waitForFunction((before) =>
    document.querySelectorAll('.sentence')[1].textContent === before, own);
  await close();
});

test('a moved weight is renormalised and changes the word', async () => {
  const text = 'le chat voit le chien .';
  const { page, close } = await open(browser, server.url,
    `#/whatif?${new URLSearchParams({ model: 'additive', text })}&t=2`);
  await page.waitForSelector('.slot');
  assert.equal((await words(page.locator('.step-word')))[1], 'cat');
  await page.locator('.slot').nth(4).focus();
  await page.keyboard.press('End');
  await page.waitForFunction(() =>
    document.querySelectorAll('.step-word')[1].textContent === 'dog');
  const shares = await page.locator('.slot').evaluateAll((all) =>
    all.map((each) => Number(each.getAttribute('aria-valuenow'))));
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 100) <= 3);
  assert.ok(shares[4] >= 99);
  await page.getByRole('button', { name: 'Back to the model’s own' }).click();
  await page.waitForFunction(() =>
    document.querySelectorAll('.step-word')[1].textContent === 'cat');
  await close();
});

test('two models side by side', async () => {
  const { page, close } = await open(browser, server.url, `#/compare?${query}&other=fixed`);
  await page.waitForSelector('.sides');
  for (const [i, model] of ['additive', 'fixed'].entries()) {
    const trace = await recorded({ ...vectors, model, detail: 'weights', candidates: 5 });
    assert.equal((await words(page.locator('.sides .result')))[i].trim(), trace.target.text);
  }
  assert.equal(await page.locator('.bottleneck').count(), 1);
  assert.equal(await page.locator('.matrix').count(), 1);
  await close();
});

test('the beam is the tree of the trace', async () => {
  const { page, close } = await open(browser, server.url, `#/beam?${query}`);
  await page.waitForSelector('.tree');
  const trace = await recorded({ ...vectors, detail: 'weights', candidates: 5 });
  assert.equal(await page.locator('.node').count(), trace.beam.nodes.length);
  assert.equal(await page.textContent('.about .result'), trace.target.text);
  const other = trace.beam.finished[1];
  await page.locator(`[data-node="${other.node}"]`).click();
  assert.equal(await page.textContent('.about .result'), other.text);
  assert.equal(await page.locator('.about .matrix').count(), 1);
  await page.keyboard.press('ArrowLeft');
  assert.match(page.url(), new RegExp(`node=${trace.beam.nodes[other.node].parent}(&|$)`));
  const pruned = trace.beam.nodes.find(({ fate }) => fate === 'pruned');
  await page.locator(`[data-node="${pruned.id}"]`).click();
  await page.getByText('Had it been kept').waitFor();
  await close();
});

test('alignment emerges while a model learns', async () => {
  const { probes, metrics } = await learned();
  const { page, close } = await open(browser, server.url, '#/learning?model=additive&at_step=0');
  await page.waitForSelector('.matrix');
  assert.equal(await page.textContent('.where'), 'step 0');
  assert.equal(await page.locator('.curve').count() > 0, metrics.length > 1);
  const slider = page.getByRole('slider', { name: 'Training step' });
  assert.equal(await slider.getAttribute('max'), String(probes.length - 1));
  const given = probes[0].traces[1];
  await page.getByRole('combobox', { name: 'Sentence' }).selectOption(given.source.text);
  const opacities = () => page.locator('.matrix .cell').evaluateAll((cells) =>
    cells.map((cell) => Number(cell.getAttribute('fill-opacity'))));
  for (const [i, key] of [[0, 'Home'], [probes.length - 1, 'End']]) {
    await slider.press(key);
    await page.waitForFunction((step) =>
      document.querySelector('.where').textContent === `step ${step}`, probes[i].step);
    const { weights } = probes[i].traces[1].alignment;
    assert.equal(await page.textContent('.learn .result'), given.target.text);
    const wanted = weights.flat().filter((weight) => weight >= 0.004);
    const shown = await opacities();
    assert.equal(shown.length, wanted.length);
    wanted.forEach((weight, j) => assert.ok(Math.abs(weight - shown[j]) < 0.001));
  }
  // From fog to a diagonal.
  const sharpness = ({ traces }) => traces[1].alignment.weights
    .reduce((sum, row) => sum + Math.max(...row), 0) / traces[1].target.words.length;
  assert.ok(sharpness(probes[0]) < 0.3 && sharpness(probes.at(-1)) > 0.7);
  await close();
});

test('a model that was not watched has no view Learning', async () => {
  const { page, close } = await open(browser, server.url, '#/learning?model=dot');
  await page.waitForSelector('nav a');
  assert.deepEqual((await words(page.locator('nav a'))).filter((name) => name === 'Learning'), []);
  await close();
});

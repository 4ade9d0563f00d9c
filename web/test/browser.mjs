// A browser on the page, for the tests and for the pictures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'] });
}

/** A page that fails its test on any error, and on any request that leaves `url`. */
export async function open(browser, url, hash = '', options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) {
      faults.push(`request of ${request.url()}`);
    }
  });
  await page.goto(url + hash);
  return { page, async close() {
    await context.close();
    assert.deepEqual(faults, []);
  } };
}

export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => (await globalThis.axe.run(document, {
    resultTypes: ['violations'] })).violations);
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) =>
    `${html.slice(0, 160)} ${any[0]?.message ?? ''}`).join(' | ')}`);
}

export const words = (locator) => locator.evaluateAll((all) => all.map((each) => each.textContent));

/** A sentence `times` as long, as far as the figure is concerned. */
export function stretched(trace, times) {
  const repeat = (list) => Array.from({ length: times }, () => list).flat();
  const long = structuredClone(trace);
  const size = trace.source.tokens.length;
  const count = trace.source.words.length;
  const { source, encoder } = long;
  for (const key of ['ids', 'tokens', 'words', 'embeddings']) source[key] = repeat(source[key]);
  source.word_of = repeat(source.word_of).map((word, j) =>
    word < 0 ? word : word + Math.floor(j / size) * count);
  encoder.annotations = repeat(encoder.annotations);
  for (const layer of encoder.layers) {
    for (const direction of layer.directions) direction.h = repeat(direction.h);
  }
  if (long.attention.keys) long.attention.keys = repeat(long.attention.keys);
  long.steps = repeat(trace.steps).map((step, i) => {
    const copy = structuredClone(step);
    const part = Math.floor(i / trace.steps.length);
    const spread = (values, rest) => repeat(values).map((value, j) =>
      Math.floor(j / size) === part ? value : rest);
    copy.step = i;
    copy.attention.weights = spread(step.attention.weights, 0);
    for (const [k, head] of step.attention.heads.entries()) {
      copy.attention.heads[k] = { scores: spread(head.scores, -9), weights: spread(head.weights, 0) };
    }
    return copy;
  });
  const targets = trace.target.words.length;
  for (const key of ['ids', 'tokens', 'words']) long.target[key] = repeat(trace.target[key]);
  long.target.word_of = repeat(trace.target.word_of).map((word, i) =>
    word < 0 ? word : word + Math.floor(i / trace.target.tokens.length) * targets);
  long.target.text = long.target.words.join(' ');
  long.alignment.weights = long.target.words.map((_, i) => source.words.map((__, j) =>
    Math.floor(i / targets) === Math.floor(j / count) ?
      trace.alignment.weights[i % targets][j % count] : 0));
  delete long.beam;
  return long;
}

// 4 × 2 pixels, blue.
export const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAIAAADwyuo0AAAAEElEQVR42mPQiDoBRwzIHACBKgpR+8NFigAAAABJRU5ErkJggg==';

/** The trace of feature vectors in two rows, without a recurrent encoder, with a gated context. */
export function gridded(trace, picture) {
  const grid = stretched(trace, 2);
  const { source, encoder, target, model } = grid;
  const width = source.tokens.length / 2;
  model.options = { ...model.options, 'source-kind': 'features', 'encoder-layers': 0,
    'context-gate': true, start: 'mean' };
  source.text = 'cat.png';
  source.grid = [2, width];
  if (picture) source.picture = picture;
  source.words = source.tokens = source.tokens.map((_, j) => `${Math.floor(j / width)},${j % width}`);
  source.ids = source.word_of = source.tokens.map((_, j) => j);
  source.embeddings = encoder.annotations;
  encoder.layers = [];
  for (const [i, { attention }] of grid.steps.entries()) {
    attention.gate = (i + 1) / (grid.steps.length + 1);
    attention.context = attention.context.map((value) => value * attention.gate);
  }
  grid.alignment.weights = target.words.map((_, word) => {
    const rows = grid.steps.filter((__, i) => target.word_of[i] === word)
      .map(({ attention }) => attention.weights);
    return source.words.map((__, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  });
  return grid;
}

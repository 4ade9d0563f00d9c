// Prints what the page weighs and how fast it is: `node test/measure.mjs`.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { launch, open, stretched } from './browser.mjs';
import { recorded, serve } from './server.mjs';

const WORDS = 30;
const RUNS = 7;
const PLAYED_MS = 6000;

const page = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'page.html'));
console.log(`page: ${page.length} bytes, ${gzipSync(page).length} with gzip`);

const server = await serve();
const browser = await launch();
const trace = await recorded({ model: 'additive', text: 'je ne le vois pas .', beam: 5,
  detail: 'vectors', candidates: 10 });
const times = Math.ceil(WORDS / trace.source.words.length);
server.extra.set('long', stretched(trace, times));
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
for (const view of ['translate', 'step', 'whatif']) {
  const draws = [];
  for (let run = 0; run < RUNS; ++run) {
    const { page: tab, close } = await open(browser, server.url,
      `#/${view}?model=additive&text=long&t=3`);
    await tab.waitForFunction(() => performance.getEntriesByName('drawn').length > 0);
    draws.push(await tab.evaluate(() => performance.getEntriesByName('drawn')[0].duration));
    await close();
  }
  console.log(`${view}, ${times * trace.source.words.length} words: drawn in a median of ` +
    `${median(draws).toFixed(0)} ms (${draws[0].toFixed(0)} to ${draws.at(-1).toFixed(0)})`);
}
const { page: tab, close } = await open(browser, server.url, '#/step?model=additive&text=long&t=1&p=read',
  { reducedMotion: 'no-preference' });
await tab.waitForSelector('.encoder');
await tab.locator('#main').focus();
await tab.keyboard.press(' ');
const frames = await tab.evaluate((wanted) => new Promise((resolve) => {
  const gaps = [];
  let last = 0;
  const start = performance.now();
  const frame = (now) => {
    if (last) gaps.push(now - last);
    last = now;
    if (now - start < wanted) requestAnimationFrame(frame);
    else resolve(gaps);
  };
  requestAnimationFrame(frame);
}), PLAYED_MS);
const mean = frames.reduce((a, b) => a + b) / frames.length;
console.log(`playing: ${(1000 / mean).toFixed(1)} frames/s, ${frames.filter((gap) => gap > 34).length} of ` +
  `${frames.length} later than two frames, the longest ${Math.max(...frames).toFixed(0)} ms`);
await close();
await browser.close();
await server.close();

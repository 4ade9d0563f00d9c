// Draws docs/images/page-*.png from recorded traces: `node test/pictures.mjs`.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, open } from './browser.mjs';
import { serve } from './server.mjs';

const images = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'images');
const query = (fields) => new URLSearchParams(fields).toString();
const GUITAR = 'a man in a red shirt is playing guitar .';
const CAT = 'le chat voit le chien .';
const SEE = 'je ne le vois pas .';

const PICTURES = [
  { name: 'translate', hash: `#/translate?${query({ model: 'en-de', text: GUITAR })}`,
    then: (page) => page.locator('.words.target .word').nth(5).hover(), height: 860 },
  { name: 'step', hash: `#/step?${query({ model: 'additive', text: SEE, t: 5 })}`, height: 800 },
  { name: 'step-numbers', hash: `#/step?${query({ model: 'additive', text: SEE, t: 4, p: 'add' })}`,
    colorScheme: 'dark', then: (page) => page.locator('.flow-box').click(), height: 800 },
  { name: 'reading', hash: `#/step?${query({ model: 'additive', text: SEE, j: 3 })}`, height: 720 },
  { name: 'whatif', hash: `#/whatif?${query({ model: 'additive', text: CAT, t: 2 })}`,
    then: async (page) => {
      await page.locator('.slot').nth(4).focus();
      await page.keyboard.press('End');
      await page.getByRole('button', { name: 'Back to the model’s own' }).waitFor();
    }, height: 720 },
  { name: 'compare', hash: `#/compare?${query({ model: 'additive', text: SEE, other: 'dot' })}`,
    height: 720 },
  { name: 'beam', hash: `#/beam?${query({ model: 'additive', text: SEE })}`, colorScheme: 'dark',
    height: 860 },
  { name: 'phone', hash: `#/step?${query({ model: 'additive', text: SEE, t: 5 })}`,
    viewport: { width: 390, height: 844 } },
];

mkdirSync(images, { recursive: true });
const server = await serve();
const browser = await launch();
for (const { name, hash, then, height, viewport, ...options } of PICTURES) {
  const { page, close } = await open(browser, server.url, hash,
    { viewport: viewport ?? { width: 1200, height }, ...options });
  await page.waitForLoadState('networkidle');
  await then?.(page);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: join(images, `page-${name}.png`) });
  await close();
}
await browser.close();
await server.close();

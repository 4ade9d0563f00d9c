#!/usr/bin/env node
// Type-checks the page and bundles it into one file, dist/page.html: script and style inside, named
// by their hashes in the policy, so that nothing else runs and no request leaves the host.
// Usage: node build.mjs [OUTPUT]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2] ?? join(here, 'dist', 'page.html');

execFileSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '-p', here], {
  stdio: 'inherit',
});

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(here, entry)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    charset: 'utf8',
    legalComments: 'none',
  });
  return result.outputFiles[0].text.trim();
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const script = (await bundle('src/main.ts')).replaceAll('</script', '<\\/script');
const style = await bundle('style.css');
const policy = [
  "default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(style)}`,
  "connect-src 'self'", 'img-src data:', "base-uri 'none'", "form-action 'none'",
].join('; ');
const licences = ['d3-shape', 'd3-path'].map((name) =>
  `Contains ${name}:\n${readFileSync(join(here, 'node_modules', name, 'LICENSE'), 'utf8').trim()}`);
const page = readFileSync(join(here, 'index.html'), 'utf8')
  .replace('{{licences}}', () => licences.join('\n\n'))
  .replace('{{policy}}', () => policy)
  .replace('{{style}}', () => style)
  .replace('{{script}}', () => script);
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, page);
console.log(`${output}: ${(Buffer.byteLength(page) / 1000).toFixed(1)} kB`);

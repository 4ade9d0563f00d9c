// The program itself, for the tests of the page against it: ATENTO names it.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export const PROGRAM = process.env.ATENTO;

const FLAGS = ['--source-tokenizer', 'words', '--target-tokenizer', 'words', '--embedding-size', '24',
  '--decoder-size', '32', '--attention-size', '24', '--readout-size', '24', '--learning-rate', '0.01',
  '--max-steps', '150', '--validate-every', '1000', '--validation-metrics=', '--seed', '1', '--threads', '1'];
const MODELS = {
  additive: ['--encoder-size', '24'],
  fixed: ['--attention', 'fixed', '--encoder-direction', 'forward', '--encoder-size', '32'],
};

/** Runs the program; resolves to what it wrote to standard output. */
export async function atento(...parameters) {
  return (await promisify(execFile)(PROGRAM, parameters, { maxBuffer: 1 << 26 })).stdout;
}

/** Two small models, with attention and without. Resolves to {directory, paths, close}. */
export async function train() {
  const directory = mkdtempSync(join(tmpdir(), 'atento-models-'));
  const file = (name) => join(directory, name);
  await atento('lessons', '--pairs', '2000', '--seed', '1', '--output', file('lessons'));
  await Promise.all(Object.entries(MODELS).map(([name, flags]) => atento('train', '--model', file(name),
    '--train', file('lessons/train.fr'), file('lessons/train.en'),
    '--dev', file('lessons/dev.fr'), file('lessons/dev.en'), ...FLAGS, ...flags)));
  return { directory, paths: Object.keys(MODELS).map(file),
    close: () => rmSync(directory, { recursive: true }) };
}

/** A model of feature vectors, in grids of 2 by 3 cells. Resolves to {path, items, close}. */
export async function trainOnGrids() {
  const directory = mkdtempSync(join(tmpdir(), 'atento-grids-'));
  const file = (name) => join(directory, name);
  const names = ['a.png', 'b.png', 'c.png', 'd.png'];
  // safetensors: the size of the header, the header, numbers.
  const values = new Float32Array(names.length * 2 * 3 * 4).map((_, i) => Math.sin(i * i));
  const header = JSON.stringify(Object.fromEntries(names.map((name, i) =>
    [name, { dtype: 'F32', shape: [2, 3, 4], data_offsets: [i * 96, (i + 1) * 96] }])));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file('items.safetensors'), Buffer.concat([size, Buffer.from(header),
    Buffer.from(values.buffer)]));
  writeFileSync(file('captions.tsv'),
    names.map((name, i) => `${name}\tan <i>item</i> of kind ${i}\n`).join(''));
  const data = [file('items.safetensors'), file('captions.tsv')];
  await atento('train', '--preset', 'captions', '--model', file('model'), '--train', ...data,
    '--dev', ...data, ...FLAGS, '--encoder-size', '24');
  return { path: file('model'), items: data[0], directory,
    close: () => rmSync(directory, { recursive: true }) };
}

/** `atento serve` on any free port of the loopback. Resolves to {url, trace, close}. */
export async function serve(models, { key = '', flags = [] } = {}) {
  const named = models.flatMap((path) => ['--model', `${path.split('/').at(-1)}=${path}`]);
  const child = spawn(PROGRAM, ['serve', '--port', '0', '--threads', '1', ...named, ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ATENTO_API_KEY: key || undefined } });
  const ended = new Promise((resolve) => { child.on('exit', resolve); });
  let url = '';
  const said = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    url = /^listening on (http:.+)$/.exec(line)?.[1] ?? '';
    if (url) break;
  }
  if (!url) throw new Error(`atento serve: ${said.join('\n')}`);
  child.stderr.resume();
  return {
    url: `${url}/`,
    async trace(query) {
      const response = await fetch(`${url}/v1/trace`, { method: 'POST',
        headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(query) });
      return response.json();
    },
    /** Resolves to the exit status. */
    close() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

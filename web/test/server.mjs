// A server for the tests of the page: it answers as atento serve did when its answers were recorded.
// With ATENTO_URL it asks the server there, and records: models named as in MODELS must be served.
// Nothing but loopback is listened on.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, 'fixtures');

// Lessons in French and English but for the last: attending between the cells, with additive and with
// dot product scores; with the state before; with the state after, in a local window; one fixed vector;
// nothing; English and German in subwords. `bahdanau` and those after it need not translate well.
// `additive` was trained with --probe on two sentences, the second with its translation.
export const MODELS = ['additive', 'dot', 'bahdanau', 'luong', 'fixed', 'none', 'en-de'];

function fileOf(request) {
  const text = JSON.stringify(Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1)));
  return join(fixtures, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json.gz`);
}

async function answer(request, extra) {
  if (extra.has(request.text)) return { status: 200, body: JSON.stringify(extra.get(request.text)) };
  const file = fileOf(request);
  if (process.env.ATENTO_URL) {
    const response = await fetch(new URL('v1/trace', process.env.ATENTO_URL), {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(request),
    });
    const recorded = { request, status: response.status, body: await response.text() };
    mkdirSync(fixtures, { recursive: true });
    writeFileSync(file, gzipSync(JSON.stringify(recorded), { level: 9 }));
  }
  if (!existsSync(file)) {
    return { status: 404, body: JSON.stringify({ error: { code: 'not_recorded',
      message: `not recorded: ${JSON.stringify(request)}` } }) };
  }
  return JSON.parse(gunzipSync(readFileSync(file)));
}

// What the model `additive` kept of its training.
const LEARNING = 'v1/models/additive/learning';

/** The same, recorded. */
export async function learned() {
  const file = join(fixtures, 'learning.json.gz');
  if (process.env.ATENTO_URL) {
    const response = await fetch(new URL(LEARNING, process.env.ATENTO_URL));
    mkdirSync(fixtures, { recursive: true });
    writeFileSync(file, gzipSync(await response.text(), { level: 9 }));
  }
  return JSON.parse(gunzipSync(readFileSync(file)));
}

/** The recorded answer to a request. */
export async function recorded(request) {
  const { body } = await answer(request, new Map());
  return JSON.parse(body);
}

/** extra: traces by text, which win. Resolves to {url, extra, close}. */
export async function serve(page = join(here, '..', 'dist', 'page.html')) {
  const extra = new Map();
  const server = createServer(async (request, response) => {
    const send = (status, type, body) => {
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
      response.end(body);
    };
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/') {
      send(200, 'text/html; charset=utf-8', readFileSync(page));
    } else if (request.url === '/v1/models') {
      send(200, 'application/json', JSON.stringify({ models: MODELS.map((name) =>
        ({ name, learning: name === 'additive' })) }));
    } else if (request.url === `/${LEARNING}`) {
      send(200, 'application/json', JSON.stringify(await learned()));
    } else if (request.url === '/v1/trace' && request.method === 'POST') {
      const given = await answer(JSON.parse(body), extra);
      send(given.status, 'application/json', given.body);
    } else {
      send(404, 'application/json', '{"error": {"code": "not_found", "message": "no such path"}}');
    }
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { url: `http://127.0.0.1:${server.address().port}/`, extra,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    }) };
}

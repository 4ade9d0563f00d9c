// The page around the views: models, text, navigation, and what the address says.
import { Api, ApiError, type ModelInfo } from './api';
import { announce, h } from './dom';
import { formatHash, parseHash, type PageState, type ViewName } from './state';
import type { Mounted, View } from './view';
import { beam } from './views/beam';
import { compare } from './views/compare';
import { learning } from './views/learning';
import { step } from './views/step';
import { translate } from './views/translate';
import { whatIf } from './views/whatif';

const VIEWS: Record<ViewName, { title: string; question: string; view: View }> = {
  translate: { title: 'Translate', question: 'What did each word come from?', view: translate },
  step: { title: 'Step', question: 'What happens inside, in which order?', view: step },
  whatif: { title: 'What if', question: 'What does attention do?', view: whatIf },
  compare: { title: 'Compare', question: 'Why was attention invented?', view: compare },
  beam: { title: 'Beam', question: 'Why this sentence and not another?', view: beam },
  learning: { title: 'Learning', question: 'Where does alignment come from?', view: learning },
};

const TYPING_MS = 350;
const api = new Api();
const page = document.getElementById('page') as HTMLElement;
const main = h('main', { id: 'main', tabindex: -1 });
let models: ModelInfo[] = [];
let state = parseHash(location.hash);
let mounted: Mounted | null = null;
let mountedFor = '';
let mounting = 0;

function available(): ViewName[] {
  if (!api.live) {
    const given: ViewName[] = ['translate'];
    if (api.embedded?.encoder) given.push('step');
    if (models.length > 1) given.push('compare');
    if (api.embedded?.beam) given.push('beam');
    if (api.learning) given.push('learning');
    return given;
  }
  const names: ViewName[] = ['translate', 'step', 'whatif'];
  if (models.length > 1) names.push('compare');
  names.push('beam');
  if (api.learning) names.push('learning');
  return names;
}

function update(change: Partial<PageState>, push = false): void {
  state = { ...state, ...change };
  const hash = formatHash(state);
  if (hash !== location.hash) {
    if (push) history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
  }
  void show();
}

// ---- the parts around the views ------------------------------------------------------------------

const select = h('select', {
  id: 'model', 'aria-label': 'Model',
  onchange: () => update({ model: select.value, ...afresh }, true),
});
const input = h('input', {
  id: 'text', type: 'text', autocomplete: 'off', spellcheck: 'false',
  'aria-label': 'Sentence to translate', placeholder: 'Type a sentence to translate',
  oninput: () => {
    clearTimeout(typing);
    typing = window.setTimeout(() => submit(false), TYPING_MS);
  },
});
const navigation = h('nav', { 'aria-label': 'Views' });
// What no longer means anything when the sentence or the model is another.
const afresh: Partial<PageState> = {
  t: 0, p: '', j: 0, prefix: [], alpha: [], at: 0, node: -1,
};
let typing = 0;

function submit(push: boolean): void {
  clearTimeout(typing);
  if (input.value.trim() === state.text.trim()) return;
  update({ text: input.value.trim(), ...afresh }, push);
}

function header(): HTMLElement {
  const form = h('form', {
    role: 'search', onsubmit: (event: Event) => {
      event.preventDefault();
      submit(true);
    },
  }, select, input, h('button', { type: 'submit', class: 'go', 'aria-label': 'Translate' }, '▸'));
  const sentence = h('p', { class: 'given', id: 'given' }, api.embedded?.source.text);
  return h('header', {},
    h('a', { class: 'skip', href: '#main', onclick: skip }, 'Skip to the view'),
    h('span', { class: 'brand' }, 'Atento'), ...api.live ? [form] : [select, sentence], navigation);
}

function skip(event: Event): void {
  event.preventDefault();
  main.focus();
}

function showAround(): void {
  if (document.activeElement !== input) input.value = state.text;
  select.hidden = models.length < 2 || state.view === 'compare';
  select.value = state.model || (models[0]?.name ?? '');
  navigation.replaceChildren(...available().map((name) => h('a', {
    href: formatHash({ ...state, view: name }),
    'aria-current': name === state.view ? 'page' : undefined,
  }, VIEWS[name].title)));
  document.title = `${VIEWS[state.view].title} – Atento`;
}

// ---- views -----------------------------------------------------------------------------------------

const identity = () => JSON.stringify([state.view, state.model, state.text]);

async function show(): Promise<void> {
  if (!available().includes(state.view)) state.view = 'translate';
  showAround();
  if (mounted && mountedFor === identity() && mounted.follow(state)) return;
  const turn = ++mounting;
  const changesView = !mountedFor.startsWith(`["${state.view}"`);
  mounted?.destroy?.();
  mounted = null;
  mountedFor = '';
  const { question, view } = VIEWS[state.view];
  const root = h('div', { class: `view ${state.view}` });
  const heading = h('h1', {}, question);
  if (changesView) main.replaceChildren(heading);
  if (!state.text && api.live && state.view !== 'learning') {
    main.replaceChildren(heading, welcome());
    mountedFor = identity();
    return;
  }
  const busy = window.setTimeout(() => main.setAttribute('aria-busy', 'true'), 150);
  try {
    const wanted = identity();
    const next = await view({ root, api, models, state, update });
    if (turn !== mounting) {
      next.destroy?.();
      return;
    }
    const begin = performance.now();
    main.replaceChildren(heading, root);
    mounted = next;
    mountedFor = wanted;
    if (!next.follow(state)) throw new Error('a view does not follow its own state');
    main.getBoundingClientRect();
    const building = performance.getEntriesByName('draw').at(0)?.duration ?? 0;
    performance.measure('drawn', { start: begin - building, end: performance.now() });
  } catch (error) {
    if (turn === mounting) main.replaceChildren(heading, failure(error));
  } finally {
    clearTimeout(busy);
    if (turn === mounting) main.removeAttribute('aria-busy');
  }
}

function welcome(): HTMLElement {
  return h('div', { class: 'notice' },
    h('p', { class: 'large' }, 'Type a sentence above: its translation appears here, and what every word of it came from.'),
    h('p', {}, 'Then ', h('b', {}, 'Step'), ' shows how it was made, word by word and number by number.'));
}

function failure(error: unknown): HTMLElement {
  const message = error instanceof Error ? error.message : String(error);
  announce(message);
  const box = h('div', { class: 'notice error', role: 'alert' }, h('p', { class: 'large' }, message));
  if (error instanceof ApiError && error.code === 'unauthorized') {
    const key = h('input', { type: 'password', 'aria-label': 'Key', autocomplete: 'off' });
    box.append(h('form', {
      onsubmit: (event: Event) => {
        event.preventDefault();
        sessionStorage.setItem('atento-key', key.value);
        void start();
      },
    }, key, h('button', { type: 'submit' }, 'Use this key')));
  } else {
    box.append(h('button', { type: 'button', onclick: () => void start() }, 'Try again'));
  }
  return box;
}

async function start(): Promise<void> {
  try {
    models = await api.models();
  } catch (error) {
    main.replaceChildren(h('h1', {}, VIEWS[state.view].question), failure(error));
    return;
  }
  select.replaceChildren(...models.map(({ name }) => h('option', { value: name }, name)));
  mountedFor = '';
  await show();
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (target.closest('input, select, textarea, [role=slider]') && event.key !== 'Escape') return;
  if (event.key === ' ' && target.closest('button, a, summary')) return;
  if (mounted?.key?.(event)) event.preventDefault();
}

const follow = () => {
  state = parseHash(location.hash);
  void show();
};

page.append(header(), main);
addEventListener('hashchange', follow);
addEventListener('popstate', follow);
document.addEventListener('keydown', onKey);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  mountedFor = '';
  void show();
});
void start();

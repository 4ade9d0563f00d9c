// What the address says: the whole state of the page is in its hash, so that a view can be sent as
// a link, and reload changes nothing.

export type ViewName = 'translate' | 'step' | 'whatif' | 'compare' | 'beam' | 'learning';

export interface PageState {
  view: ViewName;
  model: string;      // '': the first
  text: string;
  t: number;          // step shown, from 1; 0: the encoder
  p: string;          // phase of the step; '': the last
  j: number;          // words that the encoder has read, while t is 0; -1: all, and the start
  units: 'words' | 'subwords';
  speed: number;
  other: string;      // compare: the second model
  prefix: number[];   // what if: ids that the translation must begin with
  alpha: number[];    // what if: weights asked for at step t
  at: number;         // what if: the step of alpha, from 1; 0: none
  beam: number;
  node: number;       // beam: the node looked at; -1: the winner
  at_step: number;    // learning: index of the probe
}

const DEFAULTS: PageState = {
  view: 'translate', model: '', text: '', t: 0, p: '', j: 0, units: 'words', speed: 1, other: '',
  prefix: [], alpha: [], at: 0, beam: 5, node: -1, at_step: -1,
};

const VIEWS: ViewName[] = ['translate', 'step', 'whatif', 'compare', 'beam', 'learning'];

export function parseHash(hash: string): PageState {
  const match = /^#\/([a-z]*)(?:\?(.*))?$/s.exec(hash);
  const state: PageState = { ...DEFAULTS, prefix: [], alpha: [] };
  if (!match) return state;
  const view = VIEWS.find((name) => name === match[1]);
  if (view) state.view = view;
  const read = state as unknown as Record<string, unknown>;
  for (const [name, value] of new URLSearchParams(match[2] ?? '')) {
    const fallback = (DEFAULTS as unknown as Record<string, unknown>)[name];
    if (name === 'view' || fallback === undefined) continue;
    if (Array.isArray(fallback)) {
      read[name] = value.split(' ').map(Number).filter(Number.isFinite);
    } else if (typeof fallback === 'number') {
      if (Number.isFinite(Number(value))) read[name] = Number(value);
    } else {
      read[name] = value;
    }
  }
  if (state.units !== 'subwords') state.units = 'words';
  state.speed = Math.min(4, Math.max(0.25, state.speed));
  state.beam = Math.min(20, Math.max(1, Math.round(state.beam)));
  return state;
}

export function formatHash(state: PageState): string {
  const query = new URLSearchParams();
  for (const [name, fallback] of Object.entries(DEFAULTS)) {
    if (name === 'view') continue;
    const value = (state as unknown as Record<string, unknown>)[name];
    const text = Array.isArray(value) ? value.join(' ') : String(value);
    if (text !== (Array.isArray(fallback) ? '' : String(fallback))) query.set(name, text);
  }
  const search = query.toString();
  return `#/${state.view}${search ? `?${search}` : ''}`;
}

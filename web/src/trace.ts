// The trace of docs/trace.md, under the same names, and a few questions that views ask of it.

export type Vector = number[];
export type Matrix = number[][];

export interface ModelOptions {
  cell: 'gru' | 'lstm' | string;
  'encoder-direction': string;
  attention: 'additive' | 'dot' | 'scaled-dot' | 'general' | 'location' | 'fixed' | 'none';
  'attention-heads': number;
  'attention-window': 'global' | 'local-m' | 'local-p';
  attend: 'before' | 'between' | 'after';
  readout: 'deep-tanh' | 'tanh' | 'maxout' | string;
  'input-feeding': boolean;
  coverage: boolean;
  start: string;
  'decoder-size': number;
  'window-radius': number;
  'source-kind'?: 'symbols' | 'features';
  [name: string]: unknown;
}

export interface SourceText {
  text: string;
  truncated: boolean;
  ids: number[];
  tokens: string[];
  words: string[];
  word_of: number[];
  /** Height and width, if the tokens are the cells of a grid. */
  grid?: [number, number];
  /** The image that the grid lies over: a data: URI. */
  picture?: string;
  embeddings?: Matrix;
}

export interface TargetText {
  text: string;
  ids: number[];
  tokens: string[];
  words: string[];
  word_of: number[];
  prefix_tokens: number;
  log_prob: number;
  score?: number;
}

export interface Direction {
  direction: 'forward' | 'backward';
  h: Matrix;
  c?: Matrix;
}

export interface EncoderLayer {
  directions: Direction[];
  outputs?: Matrix;
}

export interface State {
  h: Vector;
  c?: Vector;
}

export interface StepLayer extends State {
  input?: Vector;
  between?: State;
  output?: Vector;
}

export interface Window {
  center: number;
  first: number;
  last: number;
  gaussian?: (number | null)[];
  hidden?: Vector;
}

export interface StepAttention {
  query?: Vector;
  projected?: Vector;
  heads?: { scores: (number | null)[]; weights: Vector }[];
  weights: Vector;
  replaced?: boolean;
  window?: Window;
  coverage?: Vector;
  gate?: number;
  context?: Vector;
}

export interface Candidate {
  id: number;
  token: string;
  log_prob: number;
  positions?: number[];
  copied?: number;
}

export interface Step {
  step: number;
  forced: boolean;
  input: { id: number; token: string; embedding?: Vector };
  layers?: StepLayer[];
  attention?: StepAttention;
  readout?: { state: Vector; inner?: Vector; t: Vector };
  p_gen?: number;
  candidates: Candidate[];
  chosen: Candidate;
}

export interface Alignment {
  weights: Matrix;
  links: [number, number][];
}

export type Fate = 'expanded' | 'pruned' | 'finished' | 'winner' | 'abandoned';

export interface BeamNode {
  id: number;
  parent: number | null;
  step: number;
  token_id: number;
  token: string;
  log_prob: number;
  score: number;
  fate: Fate;
}

export interface Hypothesis {
  node: number;
  ids: number[];
  tokens: string[];
  text: string;
  log_prob: number;
  score: number;
  alignment?: Alignment;
}

export interface Trace {
  format: 'atento-trace';
  version: number;
  detail: 'weights' | 'vectors';
  model: {
    preset: string;
    text: Record<string, unknown>;
    options: ModelOptions;
    source_vocabulary: number;
    target_vocabulary: number;
    annotation_size: number;
    attends: boolean;
  };
  source: SourceText;
  encoder?: { layers: EncoderLayer[]; annotations: Matrix };
  attention?: { keys?: Matrix; v_a?: Vector; w_c?: Vector; v_p?: Vector };
  start?: { layers: State[] };
  steps: Step[];
  target: TargetText;
  alignment?: Alignment;
  search?: {
    beam: number;
    n_best: number;
    length_penalty: number;
    max_length_ratio: number;
    max_length: number;
    min_length_ratio: number;
    min_length: number;
    block_ngrams: number;
    sample: boolean;
    seed: number;
    length_limit: number;
  };
  beam?: { nodes: BeamNode[]; finished: Hypothesis[] };
}

/** Whether its source is feature vectors, and not words. */
export function readsFeatures(trace: Trace): boolean {
  return trace.model.options['source-kind'] === 'features';
}

/** What a position of the source is called. */
export function positionName(trace: Trace): string {
  return trace.source.grid ? 'cell' : readsFeatures(trace) ? 'position' : 'word';
}

/** A position of the source, in a sentence. */
export function sayPosition(trace: Trace, j: number): string {
  const token = showToken(trace, 'source', j);
  return readsFeatures(trace) ? `${positionName(trace)} ${token}` : `“${token}”`;
}

/** How a token is shown: without SentencePiece's mark, and with a hyphen where it goes on a word. */
export function showToken(trace: Trace, side: 'source' | 'target', index: number): string {
  const text = trace[side];
  return spell(trace, side, text.tokens[index], index > 0 && text.word_of[index] >= 0 &&
    text.word_of[index] === text.word_of[index - 1]);
}

/** Likewise, for a token that stands in no text. */
export function spell(trace: Trace, side: 'source' | 'target', token: string,
                      continues = !token.startsWith('▁')): string {
  if (trace.model.text[`${side}-tokenizer`] !== 'sentencepiece') return token;
  if (token === '</s>' || token === '<unk>') return token;
  const bare = token.replace(/^▁/, '');
  if (bare === '') return '␣';
  return continues ? `‑${bare}` : bare;
}

/** The state that asks attention at a step, in words and symbols. */
export interface Asker {
  symbol: string;
  name: string;
}

/** What distinguishes one kind of model from another in the picture. */
export interface Kind {
  attends: boolean;
  attention: ModelOptions['attention'];
  attend: ModelOptions['attend'];
  asker: Asker;
  name: string;
}

export function kindOf(trace: Trace): Kind {
  const options = trace.model.options;
  const attend = options.attend;
  const asker: Asker =
    attend === 'before' ? { symbol: 's₋', name: 'the previous state' } :
    attend === 'between' ? { symbol: 's′', name: 'the state between the two cells' } :
    { symbol: 's', name: 'the current state' };
  const names: Record<string, string> = {
    additive: 'additive', dot: 'dot product', 'scaled-dot': 'scaled dot product',
    general: 'general', location: 'location',
  };
  let name = names[options.attention] ? `${names[options.attention]} attention` : '';
  if (options['attention-window'] !== 'global' && name) name = `local ${name}`;
  if (options.attention === 'none') name = 'no attention: only the last state passes';
  if (options.attention === 'fixed') name = 'one fixed vector, no attention';
  return { attends: trace.model.attends, attention: options.attention, attend, asker, name };
}

export type Phase = 'read' | 'score' | 'softmax' | 'weigh' | 'add' | 'pass' | 'join' | 'choose';

/** The phases of a decoder step, in the order in which this kind of model goes through them. */
export function phasesOf(kind: Kind): Phase[] {
  if (!kind.attends) {
    return kind.attention === 'fixed' ? ['read', 'pass', 'join', 'choose'] :
      ['read', 'join', 'choose'];
  }
  const six: Phase[] = ['score', 'softmax', 'weigh', 'add', 'join', 'choose'];
  return kind.attend === 'before' ? six : ['read', ...six];
}

/** The weights between tokens, [T][S]; with words, those of the trace's alignment. */
export function tokenWeights(trace: Trace): Matrix {
  return trace.steps.map((step) => step.attention?.weights ?? []);
}

export function probability(candidate: { log_prob: number }): number {
  return Math.exp(candidate.log_prob);
}

export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; ++i) if (values[i] > values[best]) best = i;
  return best;
}

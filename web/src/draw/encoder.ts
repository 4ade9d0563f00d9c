// The encoder as columns of states that stand, one per token, with the score and the weight that the
// decoder's step gives to each; below them ribbons that flow together into the context.
import { h, s, share, short } from '../dom';
import { positionName, readsFeatures, showToken, type Step, type Trace } from '../trace';
import { ribbon } from './ribbons';
import { drawStrip, extent, strip } from './strip';

export type Topic =
  { of: 'token' | 'embedding' | 'score' | 'weight'; j: number } |
  { of: 'state'; j: number; layer: number; direction: number } |
  { of: 'context' | 'query' | 'decoder' | 'before' | 'input' | 'readout' | 'candidates' };

/** How much of the picture is there. */
export interface EncoderMoment {
  read: number;            // tokens read
  layers: number;          // layers that have read
  step: Step | null;
  scored: boolean;
  weighed: boolean;        // softmax done
  glows: boolean;
  flows: boolean;
  passes: 'start' | 'fixed' | null;  // what goes to the decoder without scores
  from: number[];          // for each token how much of it passes then
}

const FLOW_HEIGHT = 92;
const IN_SIGHT = 16;  // columns
const WIDEST = 26;
const FAINTEST = 0.004;
const DIMMEST = 0.22;

interface Column {
  word: HTMLElement;
  embedding: HTMLElement;
  states: { cell: HTMLElement; layer: number; backward: boolean }[];
  score?: HTMLElement;
  bar?: HTMLElement;
  number?: HTMLElement;
}

export class EncoderFigure {
  readonly element: HTMLElement;
  readonly context: HTMLElement;
  readonly contextStrip: HTMLElement;
  readonly columns: Column[] = [];
  private readonly grid: HTMLElement;
  private readonly svg: SVGSVGElement;
  private readonly inner: HTMLElement;
  private middles: number[] = [];
  private last: EncoderMoment | null = null;
  private readonly scale: number;

  constructor(private readonly trace: Trace, private readonly open: (topic: Topic) => void) {
    const encoder = trace.encoder!;
    this.scale = extent(encoder.annotations);
    this.grid = h('div', { class: 'grid', '--columns': trace.source.tokens.length });
    trace.source.tokens.forEach(() => this.columns.push({} as Column));
    this.words();
    this.states();
    if (trace.model.attends) this.attention();
    this.svg = s('svg', { class: 'ribbons flow', height: FLOW_HEIGHT, 'aria-hidden': 'true' });
    this.contextStrip = strip([0], 1);
    this.context = h('button', { type: 'button', class: 'flow-box', tabindex: -1,
      onclick: () => open({ of: 'context' }) },
      h('span', {}, 'context ', h('i', {}, 'c')), this.contextStrip);
    this.inner = h('div', { class: 'inner' }, this.grid,
      h('div', { class: 'flow-zone' }, this.svg, this.context));
    this.element = h('div', { class: 'scroller encoder', role: 'group', tabindex: 0,
      'aria-label': `Encoder: the ${readsFeatures(trace) ? 'source' : 'sentence'} and its states` }, this.inner);
  }

  private label(name: string, symbol: string): void {
    this.grid.append(h('div', { class: 'label' }, name, symbol ? h('i', {}, symbol) : null));
  }

  private cell(name: string, vector: readonly number[], scale: number,
               topic: Topic & { j: number }): HTMLElement {
    const cell = h('button', { type: 'button', class: 'vec', tabindex: -1, title: name,
      'aria-label': name, onclick: () => this.open(topic) }, strip(vector, scale, topic.j < IN_SIGHT));
    this.grid.append(cell);
    return cell;
  }

  private words(): void {
    const { trace } = this;
    this.label(readsFeatures(trace) ? `${positionName(trace)}s` : 'sentence', '');
    this.columns.forEach((column, j) => {
      column.word = h('button', { type: 'button', class: 'word', 
        onclick: () => this.open({ of: 'token', j }) }, showToken(trace, 'source', j));
      this.grid.append(column.word);
    });
    const embeddings = trace.source.embeddings!;
    const scale = extent(embeddings);
    this.label('embedding', 'x');
    this.columns.forEach((column, j) => {
      column.embedding = this.cell(`Embedding of ${trace.source.tokens[j]}`, embeddings[j], scale,
        { of: 'embedding', j });
      column.states = [];
    });
  }

  private states(): void {
    const layers = this.trace.encoder!.layers;
    layers.forEach((layer, l) => layer.directions.forEach((direction, d) => {
      const backward = direction.direction === 'backward';
      this.label(layers.length > 1 ? `layer ${l + 1}` : backward ? 'reads back' : 'reads on',
        backward ? 'h ←' : 'h →');
      this.columns.forEach((column, j) => column.states.push({
        layer: l, backward,
        cell: this.cell(`State after ${this.trace.source.tokens[j]}, reading ` +
          (backward ? 'backward' : 'forward'), direction.h[j], this.scale,
          { of: 'state', j, layer: l, direction: d }),
      }));
    }));
  }

  private attention(): void {
    const heads = this.trace.model.options['attention-heads'];
    this.label(heads > 1 ? 'score, head 1' : 'score', heads > 1 ? '' : 'e');
    this.columns.forEach((column, j) => {
      column.score = h('span', { class: 'value' });
      this.grid.append(h('button', { type: 'button', class: 'vec score', tabindex: -1,
        onclick: () => this.open({ of: 'score', j }) },
        h('span', { class: 'unseen' }, `Score of ${showToken(this.trace, 'source', j)} `), column.score));
    });
    this.label('weight', 'α');
    this.columns.forEach((column, j) => {
      column.bar = h('span', { class: 'bar-fill' });
      column.number = h('span', { class: 'number' });
      this.grid.append(h('button', { type: 'button', class: 'vec weight', tabindex: -1,
        onclick: () => this.open({ of: 'weight', j }) },
        h('span', { class: 'unseen' }, `Weight of ${showToken(this.trace, 'source', j)} `),
        h('span', { class: 'bar-box' }, column.bar), column.number));
    });
  }

  /** Looks where the columns are: when the page's width is another. */
  place(): void {
    this.middles = this.columns.map(({ embedding }) =>
      embedding.offsetLeft + embedding.offsetWidth / 2);
    this.svg.setAttribute('width', String(this.grid.offsetWidth));
    if (this.last) this.show(this.last, false);
  }

  show(moment: EncoderMoment, follow = true): void {
    this.last = moment;
    const size = this.columns.length;
    const attention = moment.step?.attention;
    const weights = attention?.weights ?? [];
    const scores = attention?.heads?.[0]?.scores ?? [];
    const most = Math.max(...weights, 1e-9);
    const glow = (j: number) => String(DIMMEST + (1 - DIMMEST) * (weights[j] ?? 0) / most);
    const window = moment.scored ? attention?.window : undefined;
    this.columns.forEach((column, j) => {
      for (const state of column.states) {
        const done = state.layer > 0 ? state.layer < moment.layers :
          state.backward ? size - 1 - j < moment.read : j < moment.read;
        state.cell.classList.toggle('unread', !done);
        state.cell.style.opacity = !done ? '' : moment.glows ? glow(j) : '1';
      }
      if (!column.states.length) {
        // The embedding is the annotation.
        column.embedding.style.opacity = moment.glows ? glow(j) : '1';
      }
      const first = moment.read > 0 && moment.read <= size && !moment.step && !moment.passes;
      column.word.classList.toggle('reading', first && (j === moment.read - 1 ||
        (this.columns[0].states.some((state) => state.backward) && j === size - moment.read)));
      column.word.classList.toggle('lit', moment.glows && weights[j] > 0.12);
      if (column.score) {
        column.score.textContent = moment.scored ? short(scores[j]) : '';
        const inside = window !== undefined && j >= window.first && j <= window.last;
        column.score.closest('.vec')?.classList.toggle('inside', inside);
        column.bar?.closest('.vec')?.classList.toggle('inside', inside);
      }
      if (column.bar && column.number) {
        const weight = moment.weighed ? weights[j] : 0;
        column.bar.style.transform = `scaleY(${weight})`;
        column.number.textContent = moment.weighed ? share(weights[j]) : '';
      }
    });
    this.flow(moment, follow);
  }

  private flow(moment: EncoderMoment, follow: boolean): void {
    const context = moment.step?.attention?.context;
    const passing = moment.passes ? moment.from : moment.flows ? moment.step!.attention!.weights : [];
    const total = passing.reduce((sum, weight) => sum + weight, 0);
    this.svg.replaceChildren();
    this.context.classList.toggle('there', moment.flows || moment.passes === 'fixed');
    if (total <= 0 || this.middles.length === 0) return;
    const centre = passing.reduce((sum, weight, j) => sum + weight * this.middles[j], 0) / total;
    const half = 66;
    const x = Math.min(Math.max(centre, half + 8), Math.max(this.grid.offsetWidth - half, half + 8));
    passing.forEach((weight, j) => {
      if (weight >= FAINTEST) {
        this.svg.append(ribbon([this.middles[j], 0], [x, FLOW_HEIGHT - 34], weight, WIDEST));
      }
    });
    if (moment.passes === 'start') {
      this.svg.append(s('text', { class: 'flow-name', x, y: FLOW_HEIGHT - 14,
        'text-anchor': 'middle' }, 'to the decoder’s first state'));
    }
    this.context.style.transform = `translateX(${(x - half).toFixed(1)}px)`;
    if (context) drawStrip(this.contextStrip, context, extent([context]));
    if (!follow || this.element.scrollWidth <= this.element.clientWidth) return;
    this.element.scrollTo({ left: x - this.element.clientWidth / 2, behavior: 'auto' });
  }

  /** Puts the column that is being read into sight. */
  reveal(j: number): void {
    const x = this.middles[Math.max(0, Math.min(j, this.middles.length - 1))];
    if (this.element.scrollWidth > this.element.clientWidth) {
      this.element.scrollTo({ left: x - this.element.clientWidth / 2, behavior: 'auto' });
    }
  }
}

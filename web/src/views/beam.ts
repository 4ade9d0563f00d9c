// Why this sentence and not another? The search as a tree: a column per step, the better the higher.
import { linkHorizontal } from 'd3-shape';
import { announce, h, measured, s, short } from '../dom';
import { gridOf } from '../draw/grid';
import type { PageState } from '../state';
import { spell, type Alignment, type BeamNode, type Fate, type Trace } from '../trace';
import type { Context, Mounted } from '../view';
import { attentionPicture } from './translate';

const COLUMN = 132;  // px
const ROW = 32;
const NODE_WIDTH = 106;
const SIZES = [2, 3, 5, 8, 12];

const FATES: Record<Fate, string> = {
  expanded: 'It stayed in the beam, and was continued.',
  pruned: 'It was dropped here: others of this step were better.',
  finished: 'A complete sentence, but another one scored better.',
  winner: 'The complete sentence with the best score: the translation.',
  abandoned: 'It was still there when search ended, but could not win any more.',
};

const link = linkHorizontal<unknown, [number, number]>();

class BeamView implements Mounted {
  private readonly nodes: BeamNode[];
  private readonly row: number[] = [];
  private readonly buttons: HTMLButtonElement[] = [];
  private readonly edges: (SVGPathElement | null)[] = [];
  private readonly about = h('section', { class: 'about', 'aria-label': 'The hypothesis' });
  private readonly scroller: HTMLElement;
  private selected = -1;
  private asked = 0;
  private readonly observer: ResizeObserver;
  private place: () => void = () => {};

  constructor(private readonly context: Context, private readonly trace: Trace) {
    this.nodes = trace.beam!.nodes;
    this.rank();
    this.scroller = h('div', { class: 'scroller tree-box', role: 'group', tabindex: 0,
      'aria-label': 'The search as a tree' }, this.tree());
    context.root.append(this.bar(), this.scroller, this.about);
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(context.root);
  }

  private get winner(): number {
    return this.trace.beam!.finished[0]?.node ?? this.nodes.length - 1;
  }

  private bar(): HTMLElement {
    const legend = h('p', { class: 'quiet legend' },
      h('span', { class: 'key winner' }, 'the translation'),
      h('span', { class: 'key expanded' }, 'kept'), h('span', { class: 'key finished' }, 'ended'),
      h('span', { class: 'key pruned' }, 'dropped'));
    const size = h('select', { id: 'beam-size', 'aria-label': 'Beam: hypotheses kept at each step',
      onchange: () => this.context.update({ beam: Number(size.value), node: -1 }, true) },
      ...[...new Set([...SIZES, this.trace.search!.beam])].sort((a, b) => a - b)
        .map((n) => h('option', { value: n, selected: n === this.trace.search!.beam }, n)));
    return h('div', { class: 'bar' }, this.context.api.live ?
      h('label', { class: 'quiet' }, 'beam ', size) :
      h('span', { class: 'quiet' }, `beam ${this.trace.search!.beam}`), legend);
  }

  /** Rows: within a step by log-probability. */
  private rank(): void {
    const steps = new Map<number, BeamNode[]>();
    for (const node of this.nodes) steps.set(node.step, [...steps.get(node.step) ?? [], node]);
    for (const column of steps.values()) {
      column.sort((a, b) => b.log_prob - a.log_prob).forEach(({ id }, row) => { this.row[id] = row; });
    }
  }

  private tree(): HTMLElement {
    const steps = Math.max(...this.nodes.map(({ step }) => step)) + 2;
    const rows = Math.max(...this.row) + 1;
    const svg = s('svg', { width: steps * COLUMN, height: rows * ROW, 'aria-hidden': 'true' });
    const box = h('div', { class: 'tree' });
    box.style.width = `${steps * COLUMN}px`;
    box.style.height = `${rows * ROW}px`;
    box.append(svg);
    const centre = (node: BeamNode) => (this.row[node.id] + 0.5) * ROW;
    for (const node of this.nodes) {
      const left = (node.step + 1) * COLUMN;
      const text = spell(this.trace, 'target', node.token);
      const button = h('button', { type: 'button', class: `node ${node.fate}`, tabindex: -1,
        'data-node': node.id,
        onclick: () => this.context.update({ node: node.id }) },
        h('span', { class: 'token' }, text),
        node.step < 0 ? null : h('span', { class: 'number' }, short(node.log_prob, 1)),
        h('span', { class: 'unseen' }, node.step < 0 ? ', the beginning' :
          `, ${node.fate} at step ${node.step + 1}`));
      button.style.left = `${left}px`;
      button.style.top = `${this.row[node.id] * ROW + 3}px`;
      this.buttons.push(button);
      const parent = node.parent === null ? null : this.nodes[node.parent];
      const edge = parent === null ? null : s('path', { class: `edge ${node.fate}`, d: link({
        source: [(parent.step + 1) * COLUMN + NODE_WIDTH, centre(parent)], target: [left, centre(node)],
      } as never) ?? '' });
      this.edges.push(edge);
      if (edge) svg.append(edge);
    }
    box.append(...this.buttons);
    return box;
  }

  private path(id: number): BeamNode[] {
    const nodes: BeamNode[] = [];
    for (let at: number | null = id; at !== null; at = this.nodes[at].parent) {
      nodes.unshift(this.nodes[at]);
    }
    return nodes;
  }

  follow(state: PageState): boolean {
    if (this.context.api.live && state.beam !== this.context.state.beam) return false;
    const node = this.nodes[state.node] ? state.node : this.winner;
    if (node !== this.selected) measured(() => this.select(node));
    this.place();
    return true;
  }

  private select(id: number): void {
    const first = this.selected < 0;
    this.selected = id;
    const path = this.path(id);
    const on = new Set(path.map((node) => node.id));
    const best = new Set(this.path(this.winner).map((node) => node.id));
    this.buttons.forEach((button, i) => {
      button.classList.toggle('on', on.has(i));
      button.classList.toggle('best', best.has(i));
      button.tabIndex = i === id ? 0 : -1;
      button.setAttribute('aria-pressed', String(i === id));
      const edge = this.edges[i];
      edge?.classList.toggle('on', on.has(i));
      edge?.classList.toggle('best', best.has(i));
      if (edge && (on.has(i) || best.has(i))) edge.parentElement?.append(edge);
    });
    if (!first) {
      this.buttons[id].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
    this.tell(path);
  }

  private tell(path: BeamNode[]): void {
    const node = path.at(-1)!;
    const { trace } = this;
    const hypothesis = trace.beam!.finished.find((each) => each.node === node.id);
    const text = hypothesis?.text ?? path.slice(1).map(({ token }, i) =>
      spell(trace, 'target', token, i > 0 && !token.startsWith('▁'))).join(' ').replaceAll(' ‑', '');
    const winner = this.nodes[this.winner];
    const numbers = node.step < 0 ? '' : `log-probability ${short(node.log_prob)}, score ` +
      `${short(node.score, 3)}` + (node.id === winner.id ? '' :
      `; the translation’s is ${short(winner.score, 3)}`);
    this.about.replaceChildren(h('p', { class: 'result' }, text || '(the beginning)'),
      h('p', {}, FATES[node.fate], ' ', h('span', { class: 'quiet' }, numbers)));
    announce(`${text}. ${FATES[node.fate]}`);
    this.place = () => {};
    const turn = ++this.asked;
    if (hypothesis?.alignment) {
      this.align(hypothesis.alignment, hypothesis.text.split(/\s+/).filter(Boolean));
    } else if (this.context.api.live && node.step >= 0) {
      void this.goOn(path, turn);
    }
  }

  private align(alignment: Alignment, words: string[]): void {
    if (alignment.weights.length === 0) return;
    const picture = attentionPicture({ source: this.trace.source.words, target: words,
      weights: alignment.weights, grid: gridOf(this.trace.source) });
    this.about.append(...picture.elements);
    this.place = picture.place;
    picture.place();
  }

  /** What would have become of a hypothesis that was dropped. */
  private async goOn(path: BeamNode[], turn: number): Promise<void> {
    const { state, api } = this.context;
    const node = path.at(-1)!;
    const ids = path.slice(1).map(({ token_id }) => token_id);
    const waiting = h('p', { class: 'quiet' }, '…');
    this.about.append(waiting);
    try {
      const trace = await api.trace({ model: state.model, text: state.text, target_prefix: ids,
        beam: 1, candidates: 5, detail: 'weights' });
      if (turn !== this.asked) return;
      waiting.replaceChildren(node.fate === 'expanded' ? 'The most probable words from there: ' :
        'Had it been kept: ', h('b', {}, trace.target.text),
        `, score ${short(trace.target.score, 3)}`);
      if (trace.alignment) this.align(trace.alignment, trace.target.words);
    } catch (error) {
      waiting.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  key(event: KeyboardEvent): boolean {
    const node = this.nodes[this.selected];
    const children = this.nodes.filter(({ parent }) => parent === node.id);
    const column = this.nodes.filter(({ step }) => step === node.step)
      .sort((a, b) => this.row[a.id] - this.row[b.id]);
    const at = column.indexOf(node);
    const next = {
      ArrowLeft: node.parent === null ? undefined : this.nodes[node.parent],
      ArrowRight: children.sort((a, b) => this.row[a.id] - this.row[b.id])[0],
      ArrowUp: column[at - 1], ArrowDown: column[at + 1],
    }[event.key];
    if (!event.key.startsWith('Arrow')) return false;
    if (next) {
      this.context.update({ node: next.id });
      this.buttons[next.id].focus({ preventScroll: true });
    }
    return true;
  }

  destroy(): void {
    this.observer.disconnect();
    ++this.asked;
  }
}

export const beam = async (context: Context): Promise<Mounted> => {
  const { state, api } = context;
  const size = Math.max(2, state.beam);
  const trace = await api.trace({ model: state.model, text: state.text, beam: size,
    detail: 'weights', candidates: 5 });
  if (!trace.beam) throw new Error('This trace has no beam: it was searched greedily.');
  return measured(() => new BeamView(context, trace));
};

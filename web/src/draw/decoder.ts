// The decoder: its states as a chain with the words between them, and the present step in boxes, in
// the order in which the model's kind goes through them.
import { h, percent } from '../dom';
import { probability, showToken, spell, type Kind, type Phase, type Trace } from '../trace';
import type { Topic } from './encoder';
import { drawStrip, extent, strip } from './strip';

const ROWS = 4;  // of a box's vector

export interface Box {
  element: HTMLButtonElement;
  strip: HTMLElement;
  caption: HTMLElement;
  from: Phase;               // the phase in which it is there first
  vector(step: number): readonly number[] | undefined;
  text?(step: number): string;
}

/** The top layer's state after a step; -1: before the first. */
export function stateAfter(trace: Trace, step: number): number[] | undefined {
  const layers = step < 0 ? trace.start?.layers : trace.steps[step].layers;
  return layers?.at(-1)?.h;
}

export class DecoderFigure {
  readonly element: HTMLElement;
  readonly output: HTMLElement;
  readonly boxes: Record<string, Box> = {};
  private readonly chain: HTMLElement;
  private readonly scroller: HTMLElement;
  private readonly links: HTMLElement[] = [];
  private readonly words: HTMLElement[] = [];
  private readonly bars: HTMLElement;
  private readonly scale: number;
  private readonly now: HTMLElement;

  constructor(private readonly trace: Trace, private readonly kind: Kind,
              private readonly phases: Phase[], private readonly open: (topic: Topic) => void,
              jump: (t: number) => void) {
    this.scale = extent(trace.steps.map((_, i) => stateAfter(trace, i)));
    this.chain = h('div', { class: 'chain' });
    for (let i = -1; i < trace.steps.length; ++i) {
      const name = i < 0 ? 'start' : String(i + 1);
      const input = i < 0 ? null : h('span', { class: 'fed' },
        i === 0 ? trace.steps[0].input.token : showToken(trace, 'target', i - 1));
      const link = h('span', { class: 'link' }, input, h('button', {
        type: 'button', class: 'state', title: i < 0 ? 'First state' : `To step ${name}`,
        tabindex: -1, onclick: () => i < 0 ? open({ of: 'before' }) : jump(i + 1),
      }, h('span', { class: 'name' }, h('i', {}, 's'), h('sub', {}, i < 0 ? '0' : name)),
      h('span', { class: 'unseen' }, i < 0 ? ', the first state' : `, the state after step ${name}`)));
      this.links.push(link);
      this.chain.append(link);
    }
    this.now = h('div', { class: 'now' });
    for (const box of this.makeBoxes()) this.now.append(box.element);
    this.bars = h('div', { class: 'candidates', role: 'group', 'aria-label': 'Candidates' });
    this.now.append(this.bars);
    this.output = h('p', { class: 'output', 'aria-label': 'Output' }, h('span', { class: 'label' },
      'output'));
    trace.target.tokens.forEach((_, i) => {
      const word = h('span', { class: 'out' }, showToken(trace, 'target', i));
      this.words.push(word);
      this.output.append(word, ' ');
    });
    this.scroller = h('div', { class: 'scroller', role: 'group', tabindex: 0,
      'aria-label': 'Decoder: its states so far' }, this.chain);
    this.element = h('div', { class: 'decoder' }, h('h2', {}, 'Decoder'), this.scroller, this.now,
      this.output);
  }

  private box(name: string, symbol: string, topic: Topic, from: Phase,
              vector: Box['vector'], text?: Box['text']): Box {
    const picture = strip([0], 1);
    const caption = h('span', { class: 'caption' });
    const element = h('button', { type: 'button', class: `box ${topic.of}`,
      onclick: () => this.open(topic) },
      h('span', { class: 'name' }, name, ' ', h('i', {}, symbol)), caption, picture);
    return { element, strip: picture, caption, from, vector, text };
  }

  private makeBoxes(): Box[] {
    const { trace, kind, phases } = this;
    const first = phases[0];
    const at = (i: number) => trace.steps[i];
    const made: [string, Box][] = [];
    const fed = (i: number) => i === 0 ? at(0).input.token : showToken(trace, 'target', i - 1);
    const asks = (name: string) => kind.attends ? `${name}, asks` : name;
    const input = this.box('last word', 'y', { of: 'input' },
      kind.attend === 'before' && kind.attends ? 'join' : first, (i) => at(i).input.embedding, fed);
    const before = this.box(kind.attend === 'before' ? asks('state before') : 'state before', 's',
      { of: kind.attend === 'before' && kind.attends ? 'query' : 'before' }, first,
      (i) => stateAfter(trace, i - 1));
    made.push(['before', before], ['input', input]);
    const layer = trace.steps[0].layers?.[0];
    if (layer?.between) {
      made.push(['query', this.box(asks('state between'), 's′', { of: 'query' }, first,
        (i) => at(i).layers?.[0].between?.h)]);
    }
    const context = this.box('context', 'c', { of: 'context' }, kind.attends ? 'add' : 'pass',
      (i) => at(i).attention?.context);
    const state = this.box(kind.attend === 'after' ? asks('new state') : 'new state', 's',
      { of: kind.attend === 'after' && kind.attends ? 'query' : 'decoder' },
      kind.attend === 'after' || !trace.steps[0].attention ? 'read' : 'join',
      (i) => stateAfter(trace, i));
    if (kind.attend === 'after') made.push(['state', state]);
    if (trace.steps[0].attention) made.push(['context', context]);
    if (kind.attend !== 'after') made.push(['state', state]);
    made.push(['readout', this.box('feed-forward', 't', { of: 'readout' }, 'join',
      (i) => at(i).readout?.t)]);
    for (const [name, each] of made) this.boxes[name] = each;
    return made.map(([, each]) => each);
  }

  /** The box that asks attention. */
  get asking(): Box | undefined {
    return this.boxes[{ before: 'before', between: 'query', after: 'state' }[this.kind.attend]];
  }

  get chosenBar(): Element | null {
    return this.bars.querySelector('.chosen .token');
  }

  slot(step: number): HTMLElement | undefined {
    return this.words[step];
  }

  /** step: from 0, -1 before the first. begun: the start is there. */
  show(step: number, phase: Phase | '', begun: boolean): void {
    const { phases } = this;
    const reached = (from: Phase) => step >= 0 &&
      phases.indexOf(phase as Phase) >= Math.max(0, phases.indexOf(from));
    this.now.classList.toggle('empty', step < 0);
    const states = this.boxes.state.from;
    this.links.forEach((link, at) => {
      const i = at - 1;
      link.classList.toggle('hidden', i < 0 ? !begun : i > step || (i === step && !reached(phases[0])));
      link.querySelector('.state')!.classList.toggle('hidden', i >= 0 && i === step && !reached(states));
      link.classList.toggle('current', i === step);
      const state = link.querySelector('.state') as HTMLElement;
      if (i <= step && !state.querySelector('.strip')) {
        state.append(strip(stateAfter(this.trace, i) ?? [0], this.scale));
      }
    });
    for (const box of Object.values(this.boxes)) {
      const there = reached(box.from);
      box.element.classList.toggle('there', there);
      box.element.disabled = !there;
      const vector = step >= 0 ? box.vector(step) : undefined;
      if (vector) drawStrip(box.strip, vector, extent([vector]), ROWS);
      box.caption.textContent = box.text && there ? box.text(step) : '';
    }
    this.words.forEach((word, i) => {
      word.classList.toggle('hidden', !(i < step || (i === step && reached('choose'))));
      word.classList.toggle('current', i === step && reached('choose'));
    });
    this.candidates(step, reached('choose'));
    const link = this.links[step + 1];
    if (link && this.scroller.scrollWidth > this.scroller.clientWidth) {
      this.scroller.scrollTo({ left: link.offsetLeft + link.offsetWidth -
        this.scroller.clientWidth * 0.8 });
    }
  }

  private candidates(step: number, there: boolean): void {
    this.bars.classList.toggle('there', there);
    const shown = Math.max(0, step);
    const { candidates, chosen } = this.trace.steps[shown];
    const list = candidates.slice(0, 5);
    if (!list.some(({ id }) => id === chosen.id)) list[list.length - 1] = chosen;
    this.bars.replaceChildren(...list.map((candidate) => h('button', {
      type: 'button', disabled: !there,
      class: `candidate${candidate.id === chosen.id ? ' chosen' : ''}`,
      onclick: () => this.open({ of: 'candidates' }),
    }, h('span', { class: 'token' }, spell(this.trace, 'target', candidate.token)),
      h('span', { class: 'track' }, h('span', { class: 'fill',
        '--share': there ? probability(candidate).toFixed(4) : 0 })),
      h('span', { class: 'number' }, percent(probability(candidate))))));
  }
}

// What does attention do? Choose another word at a step, or move its attention, and the sentence goes
// on from there.
import { announce, h, measured, percent, share } from '../dom';
import type { PageState } from '../state';
import { probability, showToken, spell, type Candidate, type Step, type Trace } from '../trace';
import type { Context, Mounted } from '../view';

const WAIT_MS = 180;
const KEY_STEP = 0.05;
const MOST = 0.999;  // that one weight may take from the others

/** The weights when that of j becomes `value`, and the others share the rest as before. */
export function renormalised(weights: number[], j: number, value: number): number[] {
  const wanted = Math.min(MOST, Math.max(0, value));
  const others = weights.reduce((sum, weight, k) => k === j ? sum : sum + weight, 0);
  const rest = 1 - wanted;
  return weights.map((weight, k) => k === j ? wanted :
    others > 1e-9 ? weight * rest / others : rest / Math.max(1, weights.length - 1));
}

class WhatIfView implements Mounted {
  private readonly own = h('p', { class: 'sentence' });
  private readonly changed = h('p', { class: 'sentence' });
  private readonly words = h('div', { class: 'steps', role: 'group', 'aria-label': 'Steps: choose one' });
  private readonly bars = h('div', { class: 'sliders', role: 'group' });
  private readonly candidates = h('div', { class: 'choices', role: 'group' });
  private readonly reset = h('button', { type: 'button', onclick: () =>
    this.context.update({ prefix: [], alpha: [], at: 0 }, true) }, 'Back to the model’s own');
  private readonly note = h('p', { class: 'quiet', role: 'status' });
  private trace: Trace;
  private state: PageState;
  private shown = '';
  private step = 1;
  private timer = 0;
  private asked = 0;
  private weights: number[] = [];

  constructor(private readonly context: Context, private readonly model: Trace) {
    this.trace = model;
    this.state = context.state;
    context.root.append(
      h('section', { class: 'sentences' }, h('h2', {}, 'The model’s own'), this.own,
        h('h2', {}, 'What if'), this.changed, this.words),
      h('section', { class: 'attention' }, h('h2', {}, 'Attention at this step'),
        h('p', { class: 'quiet' }, model.model.attends ?
          'Drag a bar, or use the arrow keys on it: the others make room.' :
          'This model has no attention: there is nothing to move.'),
        h('div', { class: 'scroller', tabindex: 0, role: 'group', 'aria-label': 'Weights' }, this.bars)),
      h('section', { class: 'next' }, h('h2', {}, 'Next word'), h('p', { class: 'quiet' },
        'Click another, and the sentence goes on from there.'), this.candidates),
      h('div', { class: 'bar' }, this.reset, this.note));
  }

  private query(state: PageState) {
    const alpha = state.alpha.length && state.at > 0 ?
      { alpha: { step: state.at - 1, weights: state.alpha } } : {};
    const prefix = state.prefix.length ? { target_prefix: state.prefix } : {};
    return { model: state.model, text: state.text, beam: 1, candidates: 8,
      detail: 'weights' as const, ...prefix, ...alpha };
  }

  follow(state: PageState): boolean {
    this.state = state;
    const wanted = JSON.stringify(this.query(state));
    if (wanted !== this.shown) {
      this.shown = wanted;
      if (state.prefix.length || state.alpha.length) void this.ask(state);
      else this.arrived(this.model);
    } else if (state.t !== this.step) {
      this.draw();
    }
    return true;
  }

  private async ask(state: PageState): Promise<void> {
    const turn = ++this.asked;
    this.context.root.setAttribute('aria-busy', 'true');
    try {
      const trace = await this.context.api.trace(this.query(state));
      if (turn === this.asked) this.arrived(trace);
    } catch (error) {
      if (turn === this.asked) this.note.textContent = error instanceof Error ? error.message : '';
    } finally {
      if (turn === this.asked) this.context.root.removeAttribute('aria-busy');
    }
  }

  private arrived(trace: Trace): void {
    this.trace = trace;
    const changed = trace !== this.model;
    this.note.textContent = '';
    announce(changed ? `Now: ${trace.target.text}` : trace.target.text);
    measured(() => this.draw());
  }

  private get at(): Step {
    return this.trace.steps[this.step - 1];
  }

  // ---- drawing ------------------------------------------------------------------------------------

  private draw(): void {
    this.step = Math.min(Math.max(1, this.state.t), this.trace.steps.length);
    this.reset.hidden = this.trace === this.model;
    this.own.textContent = this.model.target.text;
    const own = this.model.target.tokens;
    const different = (i: number) => this.trace.target.tokens[i] !== own[i];
    this.changed.textContent = this.trace.target.text;
    this.changed.classList.toggle('same', this.trace.target.text === this.model.target.text);
    const steps = this.trace.steps.map((step, i) => h('button', { type: 'button',
      'aria-current': i + 1 === this.step ? 'step' : undefined,
      class: `step-word${different(i) ? ' different' : ''}${step.forced ? ' forced' : ''}`,
      onclick: () => this.context.update({ t: i + 1 }) }, showToken(this.trace, 'target', i)));
    this.keepFocus(this.words, () => this.words.replaceChildren(...steps));
    this.weights = this.at.attention?.weights.slice() ?? [];
    if (this.model.model.attends) this.drawBars();
    const { candidates, chosen } = this.at;
    const list = candidates.some(({ id }) => id === chosen.id) ? candidates : [...candidates, chosen];
    this.keepFocus(this.candidates, () => this.candidates.replaceChildren(
      ...list.map((candidate) => this.choice(candidate))));
    this.candidates.setAttribute('aria-label', `Candidates at step ${this.step}`);
  }

  /** Redraws without losing the place of the keyboard. */
  private keepFocus(box: HTMLElement, draw: () => void): void {
    const at = [...box.children].indexOf(document.activeElement as Element);
    draw();
    if (at >= 0) (box.children[Math.min(at, box.children.length - 1)] as HTMLElement)?.focus();
  }

  private choice(candidate: Candidate): HTMLElement {
    const chosen = candidate.id === this.at.chosen.id;
    return h('button', { type: 'button', class: `candidate${chosen ? ' chosen' : ''}`,
      'aria-pressed': String(chosen), onclick: () => this.choose(candidate) },
      h('span', { class: 'token' }, spell(this.trace, 'target', candidate.token)),
      h('span', { class: 'track' }, h('span', { class: 'fill',
        '--share': probability(candidate).toFixed(4) })),
      h('span', { class: 'number' }, percent(probability(candidate))));
  }

  private drawBars(): void {
    this.bars.setAttribute('aria-label', `Weights of attention at step ${this.step}`);
    if (this.bars.children.length !== this.weights.length) {
      this.bars.replaceChildren(...this.weights.map((_, j) => this.slider(j)));
    }
    this.showBars();
  }

  private slider(j: number): HTMLElement {
    const knob = h('div', { class: 'slot', role: 'slider', tabindex: 0, 'aria-valuemin': 0,
      'aria-valuemax': 100, 'aria-orientation': 'vertical',
      'aria-label': `Weight of ${showToken(this.trace, 'source', j)}` },
      h('span', { class: 'bar-fill' }));
    const from = (event: PointerEvent) => {
      const box = knob.getBoundingClientRect();
      this.move(j, 1 - (event.clientY - box.top) / box.height);
    };
    knob.addEventListener('pointerdown', (event) => {
      knob.setPointerCapture(event.pointerId);
      from(event);
    });
    knob.addEventListener('pointermove', (event) => {
      if (knob.hasPointerCapture(event.pointerId)) from(event);
    });
    knob.addEventListener('keydown', (event) => {
      const by = { ArrowUp: KEY_STEP, ArrowRight: KEY_STEP, ArrowDown: -KEY_STEP,
        ArrowLeft: -KEY_STEP, PageUp: 0.2, PageDown: -0.2, Home: -1, End: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      this.move(j, this.weights[j] + by);
    });
    return h('div', { class: 'weight-slider' }, h('span', { class: 'number' }), knob,
      h('span', { class: 'name' }, showToken(this.trace, 'source', j)));
  }

  private showBars(): void {
    [...this.bars.children].forEach((box, j) => {
      const [number, knob] = box.children;
      number.textContent = share(this.weights[j]);
      knob.setAttribute('aria-valuenow', (this.weights[j] * 100).toFixed(0));
      knob.setAttribute('aria-valuetext', percent(this.weights[j]));
      (knob.firstElementChild as HTMLElement).style.transform = `scaleY(${this.weights[j]})`;
    });
  }

  // ---- changing -----------------------------------------------------------------------------------

  /** The ids up to this step, without its own. */
  private before(): number[] {
    return this.trace.target.ids.slice(0, this.step - 1);
  }

  private choose(candidate: Candidate): void {
    const keeps = this.state.alpha.length && this.state.at <= this.step;
    this.context.update({ prefix: [...this.before(), candidate.id], t: this.step,
      ...(keeps ? {} : { alpha: [], at: 0 }) }, true);
  }

  private move(j: number, value: number): void {
    this.weights = renormalised(this.weights, j, value);
    this.showBars();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.context.update({
      prefix: this.before(), at: this.step, t: this.step,
      alpha: this.weights.map((weight) => Number(weight.toFixed(4))),
    }), WAIT_MS);
  }

  key(event: KeyboardEvent): boolean {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return false;
    this.context.update({ t: Math.min(this.trace.steps.length, Math.max(1, this.step + by)) });
    return true;
  }

  destroy(): void {
    clearTimeout(this.timer);
    ++this.asked;
  }
}

export const whatIf = async (context: Context): Promise<Mounted> => {
  const { state, api } = context;
  const trace = await api.trace({ model: state.model, text: state.text, beam: 1, candidates: 8,
    detail: 'weights' });
  return new WhatIfView(context, trace);
};

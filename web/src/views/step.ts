// What happens inside, in which order? One sentence, moment by moment.
import { announce, h, measured, percent, reducedMotion, s } from '../dom';
import { DecoderFigure } from '../draw/decoder';
import { EncoderFigure, type EncoderMoment, type Topic } from '../draw/encoder';
import { GridPicture, gridOf } from '../draw/grid';
import { fly, land } from '../draw/motion';
import { forgetStrips } from '../draw/strip';
import { explain, math } from '../equations';
import { Panel } from '../panel';
import { scoreEquation } from '../scores';
import type { PageState } from '../state';
import { timelineOf, type Moment, type Timeline } from '../timeline';
import {
  argMax, kindOf, positionName, readsFeatures, sayPosition, spell, type Kind, type Trace,
} from '../trace';
import type { Context, Mounted } from '../view';

const FLIGHT_MS = 480;
const PHASE_MS = 950;
const READING_MS = 420;
const SPEEDS = [0.5, 1, 2, 4];

/** For each token how much of it goes into the decoder's first state. */
function startsFrom(trace: Trace): number[] {
  const size = trace.source.tokens.length;
  if (trace.model.options.start === 'mean') return Array(size).fill(1 / size);
  const layer = trace.encoder!.layers.at(-1)!;
  const backward = layer.directions.some(({ direction }) => direction === 'backward');
  const forward = layer.directions.some(({ direction }) => direction === 'forward');
  const copies = trace.model.options.start === 'copy';
  return trace.source.tokens.map((_, j) => {
    const first = j === 0 && backward;
    const last = j === size - 1 && forward;
    if (copies && first && forward) return 0.5;
    if (copies && last && backward) return 0.5;
    return (backward ? first : last) ? 1 : 0;
  });
}

class StepView implements Mounted {
  private readonly kind: Kind;
  private readonly timeline: Timeline;
  private readonly encoder: EncoderFigure;
  private readonly decoder: DecoderFigure;
  private readonly picture: GridPicture | null;
  private readonly panel: Panel;
  private readonly slider: HTMLInputElement;
  private readonly where = h('span', { class: 'where', id: 'where' });
  private readonly caption = h('p', { class: 'moment', 'aria-hidden': 'true' });
  private readonly play: HTMLButtonElement;
  private readonly chips: HTMLElement[];
  private readonly observer: ResizeObserver;
  private topic: Topic | null = null;
  private at = -1;
  private timer = 0;
  private speed = 1;

  constructor(private readonly context: Context, private readonly trace: Trace) {
    this.kind = kindOf(trace);
    this.timeline = timelineOf(trace);
    const open = (topic: Topic) => this.open(topic, true);
    this.encoder = new EncoderFigure(trace, open);
    this.decoder = new DecoderFigure(trace, this.kind, this.timeline.phases, open,
      (t) => this.goTo(this.timeline.find(t, '', 0)));
    const grid = gridOf(trace.source);
    this.picture = grid && trace.model.attends ? new GridPicture(grid) : null;
    this.picture?.element.addEventListener('click', (event) => {
      const j = this.picture!.cellAt(event);
      this.encoder.reveal(j);
      open({ of: 'token', j });
    });
    this.panel = new Panel(() => { this.topic = null; });
    this.chips = this.timeline.phases.map((phase) => h('button', { type: 'button', class: 'chip',
      onclick: () => this.goTo(this.timeline.find(Math.max(1, this.moment.t), phase, 0)) }, phase));
    this.slider = h('input', { type: 'range', min: 0, max: this.timeline.moments.length - 1,
      'aria-label': 'Moment', oninput: () => this.goTo(Number(this.slider.value)) });
    this.play = h('button', { type: 'button', class: 'play', onclick: () => this.toggle() });
    const how = h('p', { class: 'how' }, h('b', {}, this.kind.name),
      this.kind.attends ? `; ${this.kind.asker.name} asks.  ` : '', math(scoreEquation(trace)));
    context.root.append(
      h('div', { class: 'figure' },
        h('div', { class: 'heading' }, h('h2', {}, 'Encoder'), how),
        h('div', { class: 'sight' }, this.picture?.element, this.encoder.element),
        h('div', { class: 'bar' }, h('div', { class: 'chips', role: 'group',
          'aria-label': 'Phase of the step' }, ...this.chips), this.caption),
        this.decoder.element),
      this.panel.element, this.controls());
    this.observer = new ResizeObserver(() => this.encoder.place());
    this.observer.observe(context.root);
  }

  private get moment(): Moment {
    return this.timeline.moments[Math.max(0, this.at)];
  }

  private controls(): HTMLElement {
    const button = (label: string, shape: string, act: () => void) =>
      h('button', { type: 'button', 'aria-label': label, title: label, onclick: act },
        s('svg', { class: 'icon', viewBox: '0 0 14 14', 'aria-hidden': 'true' }, s('path', { d: shape })));
    const speed = h('select', { 'aria-label': 'Speed', id: 'speed',
      onchange: () => this.context.update({ speed: Number(speed.value) }) },
      ...SPEEDS.map((times) => h('option', { value: times,
        selected: times === this.context.state.speed }, `${times}×`)));
    return h('div', { class: 'controls', role: 'group', 'aria-label': 'Playing' },
      button('To the beginning (Home)', 'M2 2h2v10H2zM12 2v10L5 7z', () => this.goTo(0)),
      button('Back (←)', 'M11 2v10L3 7z', () => this.goTo(this.at - 1)), this.play,
      button('On (→)', 'M3 2v10l8-5z', () => this.goTo(this.at + 1)),
      button('To the end (End)', 'M10 2h2v10h-2zM2 2v10l7-5z', () => this.goTo(this.timeline.moments.length - 1)),
      this.slider, this.where, speed);
  }

  // ---- moving -------------------------------------------------------------------------------------

  private goTo(index: number, playing = false): void {
    if (!playing) this.pause();
    const moment = this.timeline.moments[
      Math.max(0, Math.min(this.timeline.moments.length - 1, index))];
    const last = moment.p === this.timeline.phases.at(-1);
    this.context.update({ t: moment.t, p: last ? '' : moment.p, j: moment.j });
  }

  private toggle(): void {
    if (this.timer) {
      this.pause();
      return;
    }
    if (this.at >= this.timeline.moments.length - 1) this.goTo(0);
    this.wait();
    this.showPlaying();
  }

  private wait(): void {
    const pause = this.moment.t === 0 ? READING_MS : PHASE_MS;
    this.timer = window.setTimeout(() => {
      this.goTo(this.at + 1, true);
      if (this.at < this.timeline.moments.length - 1) this.wait();
      else this.pause();
    }, pause / this.speed);
  }

  private pause(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.showPlaying();
  }

  private showPlaying(): void {
    this.play.textContent = this.timer ? 'Pause' : 'Play';
    this.play.setAttribute('aria-label', this.timer ? 'Pause (space)' : 'Play (space)');
  }

  follow(state: PageState): boolean {
    this.speed = state.speed;
    const index = this.timeline.find(state.t, state.p, state.j);
    if (index !== this.at) {
      const forward = this.at >= 0 && index === this.at + 1;
      this.at = index;
      measured(() => this.show(forward));
    }
    return true;
  }

  key(event: KeyboardEvent): boolean {
    switch (event.key) {
      case 'ArrowRight': this.goTo(event.shiftKey ? this.nextStep(1) : this.at + 1); return true;
      case 'ArrowLeft': this.goTo(event.shiftKey ? this.nextStep(-1) : this.at - 1); return true;
      case 'Home': this.goTo(0); return true;
      case 'End': this.goTo(this.timeline.moments.length - 1); return true;
      case ' ': this.toggle(); return true;
      case 'Escape': if (this.panel.open) this.panel.close(); return true;
      default: return false;
    }
  }

  private nextStep(by: number): number {
    const t = Math.max(0, this.moment.t + by);
    return this.timeline.find(t, '', -1);
  }

  // ---- drawing ------------------------------------------------------------------------------------

  private encoderMoment(): EncoderMoment {
    const { t, p, j } = this.moment;
    const { phases } = this.timeline;
    const size = this.trace.source.tokens.length;
    const layers = this.trace.encoder!.layers.length;
    const reached = (phase: 'score' | 'softmax' | 'weigh' | 'add') =>
      t > 0 && this.kind.attends && phases.indexOf(p as 'score') >= phases.indexOf(phase);
    const none = t > 0 && this.kind.attention === 'none';
    const fixed = t > 0 && this.kind.attention === 'fixed' && p !== 'read';
    const begins = (t === 0 && j < 0) || none;
    return {
      read: t > 0 || j < 0 ? size : Math.min(j, size),
      layers: t > 0 || j < 0 ? layers : Math.max(1, j - size + 1),
      step: t > 0 ? this.trace.steps[t - 1] : null,
      scored: reached('score'), weighed: reached('softmax'), glows: reached('weigh'),
      flows: reached('add'),
      passes: begins ? 'start' : fixed ? 'fixed' : null,
      from: begins ? startsFrom(this.trace) :
        fixed ? this.trace.steps[t - 1].attention!.weights : [],
    };
  }

  private show(forward: boolean): void {
    const { t, p, j } = this.moment;
    land();
    this.encoder.show(this.encoderMoment());
    this.decoder.show(t - 1, p, t > 0 || j < 0);
    if (t === 0 && j > 0) this.encoder.reveal(j - 1);
    this.slider.value = String(this.at);
    this.chips.forEach((chip, i) => {
      const now = t > 0 && this.timeline.phases[i] === p;
      chip.classList.toggle('done', t > 0 && i < this.timeline.phases.indexOf(p as 'score'));
      if (now) chip.setAttribute('aria-current', 'step');
      else chip.removeAttribute('aria-current');
    });
    this.where.textContent = t > 0 ? `step ${t} of ${this.trace.steps.length}` : 'encoder';
    const sentence = this.sentence();
    this.look(sentence);
    this.slider.setAttribute('aria-valuetext', sentence);
    announce(sentence);
    this.caption.textContent = sentence;
    if (forward && !reducedMotion()) this.animate();
    if (this.topic) this.open(this.topic, false);
    this.showPlaying();
  }

  /** Where the step looks in the picture, once it has its weights. */
  private look(sentence: string): void {
    const { step, weighed } = this.encoderMoment();
    const looks = weighed && step !== null;
    this.picture?.show(looks ? step.attention!.weights : null);
    this.picture?.name(looks ? sentence : 'The picture');
  }

  /** The moment as a sentence. */
  private sentence(): string {
    const { t, p, j } = this.moment;
    const { trace } = this;
    if (t === 0) {
      if (j < 0) return 'The decoder takes its first state.';
      if (j === 0) {
        const source = trace.source.grid ? 'picture' : readsFeatures(trace) ? 'source' : 'sentence';
        return `The ${source} as vectors, one for each ${positionName(trace)}.`;
      }
      if (j > trace.source.tokens.length) return 'The layer above reads.';
      return `The encoder reads ${sayPosition(trace, j - 1)}.`;
    }
    const step = trace.steps[t - 1];
    const weights = step.attention?.weights ?? [];
    const best = argMax(weights);
    const word = () => sayPosition(trace, best);
    const gate = step.attention?.gate;
    const what: Record<string, () => string> = {
      read: () => `the decoder reads “${spell(trace, 'target', step.input.token)}”`,
      score: () => `every ${positionName(trace)} gets a score; the highest is ${word()}’s`,
      softmax: () => `${percent(weights[best])} on ${word()}`,
      weigh: () => `${word()} shines with ${percent(weights[best])}`,
      add: () => 'the weighted states flow together into the context' +
        (gate === undefined ? '' : `; the gate lets ${percent(gate)} of it through`),
      pass: () => 'the last state passes, as at every step',
      join: () => this.kind.attention === 'none' ? 'the state goes through a layer' :
        'the context joins the state',
      choose: () => `“${spell(trace, 'target', step.chosen.token)}” is chosen, with ` +
        percent(Math.exp(step.chosen.log_prob)) +
        (step.p_gen === undefined ? '' : `; p_gen is ${percent(step.p_gen)}`),
    };
    return `Step ${t}: ${what[p]()}.`;
  }

  private animate(): void {
    const { t, p, j } = this.moment;
    const duration = FLIGHT_MS / Math.max(1, this.speed);
    const { columns } = this.encoder;
    const { boxes } = this.decoder;
    const weights = this.trace.steps[t - 1]?.attention?.weights ?? [];
    if (t === 0) {
      const size = columns.length;
      const read = columns[j - 1];
      if (j > 0 && j <= size) {
        for (const state of read.states.filter(({ layer, backward }) => layer === 0 && !backward)) {
          fly(read.embedding.firstElementChild, state.cell, { duration, opacity: 0.7 });
        }
        const back = columns[size - j];
        for (const state of back.states.filter(({ layer, backward }) => layer === 0 && backward)) {
          fly(back.embedding.firstElementChild, state.cell, { duration, opacity: 0.7 });
        }
      }
      return;
    }
    if (p === 'read') fly(this.decoder.slot(t - 2) ?? null, boxes.input.caption, { duration });
    if (p === 'score') {
      for (const column of columns) {
        fly(this.decoder.asking?.strip ?? null, column.score ?? null, { duration, opacity: 0.6 });
      }
    }
    if (p === 'add') {
      columns.forEach((column, i) => {
        if (weights[i] < 0.02) return;
        const cells = column.states.map(({ cell }) => cell);
        for (const cell of cells.length ? cells : [column.embedding]) {
          fly(cell.firstElementChild, this.encoder.contextStrip,
            { duration, opacity: 0.3 + 0.7 * weights[i] });
        }
      });
    }
    if (p === 'join' || p === 'pass') {
      fly(this.encoder.contextStrip, (boxes.context ?? boxes.readout).strip, { duration });
      fly(boxes.context?.strip ?? null, boxes.readout.strip, { duration, opacity: 0.6 });
    }
    if (p === 'choose') {
      fly(this.decoder.chosenBar, this.decoder.slot(t - 1) ?? null, { duration });
    }
  }

  private open(topic: Topic, byHand: boolean): void {
    this.topic = topic;
    const { title, body } = explain(this.trace, topic, this.moment.t - 1);
    this.panel.show(title, body, byHand);
  }

  destroy(): void {
    this.observer.disconnect();
    forgetStrips();
    clearTimeout(this.timer);
    land();
  }
}

export const step = async (context: Context): Promise<Mounted> => {
  const { state, api } = context;
  const trace = await api.trace({ model: state.model, text: state.text, beam: state.beam,
    detail: 'vectors', candidates: 10 });
  if (!trace.encoder) throw new Error('This trace has no vectors: make it with detail “vectors”.');
  return measured(() => new StepView(context, trace));
};

// Why was attention invented? Two models side by side on one sentence.
import { h, measured, percent } from '../dom';
import type { PageState } from '../state';
import { kindOf, positionName, type Trace } from '../trace';
import type { Context, Mounted } from '../view';
import { alignmentOf, attentionPicture } from './translate';

interface Side {
  element: HTMLElement;
  place(): void;
}

function describe(trace: Trace): string {
  const options = trace.model.options;
  return `${kindOf(trace).name}, ${String(options.cell).toUpperCase()}, ` +
    `${options['decoder-size']} numbers a state`;
}

function side(context: Context, name: string, trace: Trace, reference: Trace | null,
              choose: (name: string) => void, label: string): Side {
  const select = h('select', { 'aria-label': label, onchange: () => choose(select.value) },
    ...context.models.map((model) => h('option', { value: model.name,
      selected: model.name === name }, model.name)));
  const known = new Set(reference?.target.words);
  const words = trace.target.words.flatMap((word) => [
    reference && !known.has(word) ? h('span', { class: 'differs' }, word) : word, ' ']);
  const sure = Math.exp(trace.target.log_prob / trace.target.ids.length);
  const element = h('section', { 'aria-label': label }, select,
    h('p', { class: 'quiet' }, describe(trace)), h('p', { class: 'result' }, ...words),
    h('p', { class: 'quiet' }, `${trace.target.ids.length} symbols, ${percent(sure)} each on average`));
  if (!trace.model.attends) {
    element.append(h('div', { class: 'bottleneck' },
      h('div', { class: 'pipe', 'aria-hidden': 'true' }, ...trace.source.words.map(() => h('i', {}))),
      h('p', {}, `All ${trace.source.words.length} ${positionName(trace)}s have to fit into one vector of ` +
        `${trace.model.annotation_size} numbers: this model cannot look back.`)));
    return { element, place: () => {} };
  }
  const picture = attentionPicture(alignmentOf(trace, 'words'));
  element.append(...picture.elements);
  return { element, place: picture.place };
}

export const compare = async (context: Context): Promise<Mounted> => {
  const { state, root, api, models } = context;
  const first = state.model || models[0].name;
  const others = models.filter(({ name }) => name !== first);
  const looks = models.find(({ name }) => name === first)?.attention;
  const second = (models.find(({ name }) => name === state.other) ??
    others.find(({ attention }) => attention !== looks) ?? others[0]).name;
  const ask = (model: string) => api.trace({ model, text: state.text, beam: state.beam,
    detail: 'weights', candidates: 5 });
  const [one, two] = await Promise.all([ask(first), ask(second)]);
  let sides: Side[] = [];
  measured(() => {
    sides = [
      side(context, first, one, two, (model) => context.update({ model }, true), 'First model'),
      side(context, second, two, one, (other) => context.update({ other }, true), 'Second model'),
    ];
    root.append(h('div', { class: 'sides' }, ...sides.map(({ element }) => element)));
  });
  const place = () => sides.forEach((each) => each.place());
  const observer = new ResizeObserver(place);
  observer.observe(root);
  return {
    follow(next: PageState) {
      place();
      return next.other === state.other && next.beam === state.beam;
    },
    destroy: () => observer.disconnect(),
  };
};

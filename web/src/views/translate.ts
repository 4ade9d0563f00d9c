// What did each word come from? The translation, and what each of its words attended to.
import { announce, h, measured, percent } from '../dom';
import { gridOf, looks } from '../draw/grid';
import { matrix, type MatrixData } from '../draw/matrix';
import { pair } from '../draw/pair';
import { kindOf, positionName, showToken, tokenWeights, type Trace } from '../trace';
import type { Context, Mounted } from '../view';

export function alignmentOf(trace: Trace, units: 'words' | 'subwords'): MatrixData {
  if (units === 'words' && trace.alignment) {
    return { source: trace.source.words, target: trace.target.words,
      weights: trace.alignment.weights, grid: gridOf(trace.source) };
  }
  return {
    source: trace.source.tokens.map((_, j) => showToken(trace, 'source', j)),
    target: trace.target.tokens.map((_, i) => showToken(trace, 'target', i)),
    weights: tokenWeights(trace), grid: gridOf(trace.source),
  };
}

export interface AttentionPicture {
  elements: HTMLElement[];
  place(): void;
  key?(event: KeyboardEvent): boolean;
}

/** Ribbons and matrix that light up together; of a grid a picture for each word. */
export function attentionPicture(data: MatrixData): AttentionPicture {
  if (data.grid) {
    const { element, key } = looks(data, data.grid);
    return { elements: [element], place: () => {}, key };
  }
  const light = (row: number, column: number) => {
    ribbons.light(row, column);
    squares.light(row, column);
  };
  const ribbons = pair(data, light);
  const squares = matrix(data,
    'Weights of attention: a row for each word of the translation, a column for each word of the sentence',
    light);
  return { elements: [ribbons.element, squares.element], place: () => ribbons.place() };
}

export function toggle(context: Context): HTMLElement {
  const choice = (units: 'words' | 'subwords', label: string) => h('button', {
    type: 'button', 'aria-pressed': String(context.state.units === units),
    onclick: () => context.update({ units }),
  }, label);
  return h('div', { class: 'toggle', role: 'group', 'aria-label': 'Show' },
    choice('words', 'Words'), choice('subwords', 'As the model reads'));
}

export const translate = async (context: Context): Promise<Mounted> => {
  const { state, root, api } = context;
  const trace = await api.trace({ model: state.model, text: state.text, beam: state.beam,
    detail: 'weights', candidates: 5 });
  const kind = kindOf(trace);
  let shown = '';
  let picture: AttentionPicture | null = null;
  const draw = (units: 'words' | 'subwords') => {
    shown = units;
    const sure = Math.exp(trace.target.log_prob / trace.target.ids.length);
    const caption = h('p', { class: 'quiet' },
      `${trace.target.ids.length} symbols; the model gave its choice ${percent(sure)} on average.`);
    root.replaceChildren(
      trace.source.truncated ? h('p', { class: 'warning', role: 'alert' },
        'The sentence is longer than those of training: only its beginning was translated.') : '',
      h('p', { class: 'result', id: 'result' }, trace.target.text));
    if (!kind.attends) {
      root.append(caption, h('p', { class: 'notice' },
        `This model has ${kind.name.startsWith('no') ? kind.name : `only ${kind.name}`}, so no word of the translation looked at any ${positionName(trace)} of the source.`));
      return;
    }
    const bar = h('div', { class: 'bar' }, toggle({ ...context, state: { ...state, units } }),
      caption);
    picture = attentionPicture(alignmentOf(trace, units));
    root.append(bar, ...picture.elements);
  };
  measured(() => draw(state.units));
  announce(`Translation: ${trace.target.text}`);
  const observer = new ResizeObserver(() => picture?.place());
  observer.observe(root);
  return {
    follow(next) {
      if (next.units !== shown || next.beam !== state.beam) {
        if (next.beam !== state.beam) return false;
        const focused = (document.activeElement as HTMLElement | null)?.textContent;
        draw(next.units);
        [...root.querySelectorAll<HTMLElement>('.toggle button')]
          .find((button) => button.textContent === focused)?.focus();
      }
      picture?.place();
      return true;
    },
    key: (event) => picture?.key?.(event) ?? false,
    destroy: () => observer.disconnect(),
  };
};

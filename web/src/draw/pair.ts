// A sentence above, its translation below, and ribbons between their words.
import { announce, h, percent, s } from '../dom';
import { argMax } from '../trace';
import type { MatrixData } from './matrix';
import { ribbon } from './ribbons';

export interface PairPicture {
  element: HTMLElement;
  light(row: number, column: number): void;
  /** Draws the ribbons: to be called when the words have their places. */
  place(): void;
}

const HEIGHT = 116;
const WIDEST = 16;       // px of a weight of 1
const FAINTEST = 0.02;
const ALWAYS = 0.12;     // weights that show when no word is looked at

export function pair(data: MatrixData, hover: (row: number, column: number) => void): PairPicture {
  const svg = s('svg', { class: 'ribbons', height: HEIGHT, 'aria-hidden': 'true' });
  const word = (text: string, row: number, column: number) => {
    const say = () => {
      hover(row, column);
      announce(spoken(data, row, column));
    };
    const rest = () => hover(-1, -1);
    return h('button', {
      type: 'button', class: 'word', onpointerenter: say, onfocus: say, onclick: say,
      onpointerleave: rest, onblur: rest,
    }, text);
  };
  const sources = data.source.map((text, j) => word(text, -1, j));
  const targets = data.target.map((text, i) => word(text, i, -1));
  const element = h('div', { class: 'scroller pair' },
    h('div', { class: 'inner' },
      h('div', { class: 'words', role: 'group', 'aria-label': 'Sentence' }, ...sources), svg,
      h('div', { class: 'words target', role: 'group', 'aria-label': 'Translation' }, ...targets)));
  let ribbons: { path: SVGPathElement; row: number; column: number; weight: number }[] = [];
  let row = -1;
  let column = -1;
  const show = () => {
    const all = row < 0 && column < 0;
    for (const each of ribbons) {
      const lit = !all && (row < 0 || each.row === row) && (column < 0 || each.column === column);
      each.path.classList.toggle('lit', lit);
      each.path.classList.toggle('hidden', !lit && (!all || each.weight < ALWAYS));
    }
    targets.forEach((button, i) => button.classList.toggle('lit', i === row ||
      (column >= 0 && row < 0 && data.weights[i][column] > ALWAYS)));
    sources.forEach((button, j) => button.classList.toggle('lit', j === column ||
      (row >= 0 && column < 0 && data.weights[row][j] > ALWAYS)));
  };
  return {
    element,
    light(i, j) {
      row = i;
      column = j;
      show();
    },
    place() {
      const middle = (button: HTMLElement) => button.offsetLeft + button.offsetWidth / 2;
      const x = sources.map(middle);
      const y = targets.map(middle);
      svg.setAttribute('width', String((svg.parentElement as HTMLElement).scrollWidth));
      ribbons = [];
      data.weights.forEach((weights, i) => weights.forEach((weight, j) => {
        if (weight < FAINTEST) return;
        ribbons.push({ path: ribbon([x[j], 2], [y[i], HEIGHT - 2], weight, WIDEST), row: i,
          column: j, weight });
      }));
      svg.replaceChildren(...ribbons.map(({ path }) => path));
      show();
    },
  };
}

function spoken(data: MatrixData, row: number, column: number): string {
  if (row >= 0) {
    const best = argMax(data.weights[row]);
    return `“${data.target[row]}” looked at “${data.source[best]}” with ` +
      percent(data.weights[row][best]);
  }
  const best = argMax(data.weights.map((weights) => weights[column]));
  return `“${data.source[column]}” was most looked at by “${data.target[best]}”, with ` +
    percent(data.weights[best][column]);
}

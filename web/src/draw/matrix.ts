// The matrix of weights: a row per target word, a column per source word.
import { h, s } from '../dom';
import type { Grid } from './grid';

export interface MatrixData {
  source: string[];
  target: string[];
  weights: number[][];  // [target][source]
  grid?: Grid;          // whose cells the source's positions are
}

export interface MatrixPicture {
  element: HTMLElement;
  /** Lights up a row, a column, or (-1, -1) nothing. */
  light(row: number, column: number): void;
}

const CHARACTER = 0.63;  // of the type's size, about a letter's width
const FAINTEST = 0.004;

function cellSize(rows: number, columns: number): number {
  const most = Math.max(rows, columns);
  return most <= 10 ? 34 : most <= 16 ? 28 : most <= 30 ? 20 : 14;
}

const shorten = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

export function matrix(data: MatrixData, title: string,
                       hover?: (row: number, column: number) => void): MatrixPicture {
  const size = cellSize(data.target.length, data.source.length);
  const type = Math.min(14, Math.max(11, size * 0.62));
  const longest = (words: string[]) =>
    Math.min(16, words.reduce((most, word) => Math.max(most, word.length), 1));
  const left = longest(data.target) * type * CHARACTER + 12;
  const top = longest(data.source) * type * CHARACTER * 0.85 + 16;
  const right = longest([data.source.at(-1) ?? '']) * type * CHARACTER * 0.6 + 8;
  const width = left + data.source.length * size + right;
  const height = top + data.target.length * size + 2;
  const svg = s('svg', {
    class: 'matrix', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img',
    'aria-label': title, 'font-size': type,
  });
  const band = s('g', {});
  const row = s('rect', { class: 'band', x: left, width: data.source.length * size, height: size });
  const column = s('rect', { class: 'band', y: top, width: size,
    height: data.target.length * size });
  row.style.visibility = column.style.visibility = 'hidden';
  band.append(row, column);
  svg.append(s('rect', { class: 'field', x: left, y: top, width: data.source.length * size,
    height: data.target.length * size }), band);
  const columns = data.source.map((word, j) => s('text', {
    transform: `translate(${left + (j + 0.62) * size}, ${top - 6}) rotate(-55)`,
  }, shorten(word, 16)));
  const rows = data.target.map((word, i) => s('text', {
    x: left - 7, y: top + (i + 0.5) * size + type * 0.35, 'text-anchor': 'end',
  }, shorten(word, 16)));
  svg.append(...columns, ...rows);
  data.weights.forEach((weights, i) => weights.forEach((weight, j) => {
    if (weight < FAINTEST) return;
    svg.append(s('rect', {
      class: 'cell', x: left + j * size + 0.5, y: top + i * size + 0.5, width: size - 1,
      height: size - 1, 'fill-opacity': Math.min(1, weight).toFixed(3),
    }));
  }));
  const light = (i: number, j: number) => {
    row.style.visibility = i < 0 ? 'hidden' : 'visible';
    column.style.visibility = j < 0 ? 'hidden' : 'visible';
    row.setAttribute('y', String(top + i * size));
    column.setAttribute('x', String(left + j * size));
    rows.forEach((text, at) => text.classList.toggle('lit', at === i));
    columns.forEach((text, at) => text.classList.toggle('lit', at === j));
  };
  if (hover) {
    svg.addEventListener('pointermove', (event) => {
      const box = svg.getBoundingClientRect();
      const j = Math.floor((event.clientX - box.left - left) / size);
      const i = Math.floor((event.clientY - box.top - top) / size);
      const inside = i >= 0 && i < data.target.length && j >= 0 && j < data.source.length;
      hover(inside ? i : -1, inside ? j : -1);
    });
    svg.addEventListener('pointerleave', () => hover(-1, -1));
  }
  const element = h('div', { class: 'scroller matrix-box', tabindex: 0, role: 'group',
    'aria-label': title }, svg);
  return { element, light };
}

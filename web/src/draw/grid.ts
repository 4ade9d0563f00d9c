// Attention over a grid: cells of a picture that are as clear as their weights, or, where there is no
// picture, cells of a heat map.
import { announce, h, percent } from '../dom';
import { argMax, type SourceText } from '../trace';
import type { MatrixData } from './matrix';
import { colour } from './strip';

export interface Grid {
  height: number;
  width: number;
  picture?: string;  // a data: URI
}

/** The grid of a source, if it has one. */
export function gridOf(source: Pick<SourceText, 'grid' | 'picture'>): Grid | undefined {
  if (!source.grid) return undefined;
  const [height, width] = source.grid;
  // Another address would be refused by the page's policy, and reported as a fault.
  const picture = source.picture?.startsWith('data:image/') ? source.picture : undefined;
  return { height, width, picture };
}

const DARKEST = 0.75;

/** One picture of a grid. What it shows must be said beside it, or by `name`. */
export class GridPicture {
  readonly element: HTMLElement;
  private readonly canvas: HTMLCanvasElement;

  constructor(private readonly grid: Grid) {
    const { height, width, picture } = grid;
    // A pixel for each cell.
    this.canvas = h('canvas', { width, height });
    this.element = h('div', { class: `cells${picture ? '' : ' bare'}`, 'aria-hidden': 'true',
      '--wide': width, '--high': height },
      picture ? h('img', { src: picture, alt: '' }) : null, this.canvas);
  }

  /** Makes it an image that has a name. */
  name(name: string): void {
    this.element.removeAttribute('aria-hidden');
    this.element.setAttribute('role', 'img');
    this.element.setAttribute('aria-label', name);
  }

  /** The largest weight is clear, or full; null: nothing is looked at. */
  show(weights: readonly number[] | null): void {
    const { height, width, picture } = this.grid;
    const context = this.canvas.getContext('2d')!;
    context.clearRect(0, 0, width, height);
    if (!weights) return;
    const ink = picture ? [0, 0, 0] : colour('--accent');
    const most = Math.max(...weights, 1e-9);
    const image = context.createImageData(width, height);
    for (let j = 0; j < width * height; ++j) {
      const part = (weights[j] ?? 0) / most;
      const strength = picture ? DARKEST * (1 - part) : part;
      image.data.set([...ink, Math.round(255 * strength)], 4 * j);
    }
    context.putImageData(image, 0, 0);
  }

  /** The cell at a place on the screen. */
  cellAt(event: MouseEvent): number {
    const { height, width } = this.grid;
    const box = this.canvas.getBoundingClientRect();
    const clamp = (value: number, count: number) =>
      Math.min(count - 1, Math.max(0, Math.floor(value * count)));
    return clamp((event.clientY - box.top) / box.height, height) * width +
      clamp((event.clientX - box.left) / box.width, width);
  }
}

export interface LooksPicture {
  element: HTMLElement;
  /** Arrows go from word to word; true: done. */
  key(event: KeyboardEvent): boolean;
}

/** A picture for each word, and a large one of the word that is looked at. */
export function looks(data: MatrixData, grid: Grid): LooksPicture {
  const large = new GridPicture(grid);
  const said = h('p', { class: 'quiet' });
  // At rest a heat map shows what all words together looked at.
  const mean = grid.picture ? null : (data.weights[0] ?? []).map((_, j) =>
    data.weights.reduce((sum, weights) => sum + weights[j], 0) / data.weights.length);
  const look = (row: number) => {
    large.show(row < 0 ? mean : data.weights[row]);
    const sentence = row < 0 ? mean ? 'What all words together looked at.' :
      'The picture. Go to a word to see where it looked.' : spoken(data, row);
    large.name(sentence);
    said.textContent = sentence;
    buttons.forEach((button, i) => button.classList.toggle('lit', i === row));
    if (row >= 0) announce(sentence);
  };
  const rest = () => look(buttons.indexOf(document.activeElement as HTMLButtonElement));
  const buttons = data.target.map((text, i) => {
    const small = new GridPicture(grid);
    small.show(data.weights[i]);
    const say = () => look(i);
    return h('button', { type: 'button', class: 'word look', onpointerenter: say, onfocus: say,
      onclick: say, onpointerleave: rest, onblur: rest }, h('span', { class: 'token' }, text),
      small.element);
  });
  look(-1);
  return {
    element: h('div', { class: 'looks' }, h('div', { class: 'large' }, large.element, said),
      h('div', { class: 'each', role: 'group', 'aria-label': 'Translation' }, ...buttons)),
    key(event) {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return false;
      const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
      buttons[at < 0 ? 0 : Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus();
      return true;
    },
  };
}

function spoken(data: MatrixData, row: number): string {
  const weights = data.weights[row];
  const best = argMax(weights);
  return `“${data.target[row]}” looked most at cell ${data.source[best]}, with ` +
    percent(weights[best]);
}

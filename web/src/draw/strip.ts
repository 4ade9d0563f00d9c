// A vector as a strip of cells: hue = sign, strength = size. A cell is one of the vector's numbers; of
// a long vector those that lie evenly along it are shown.

type Rgb = [number, number, number];
interface Palette { positive: Rgb; negative: Rgb; zero: Rgb }

const CELLS = 28;
let palette: Palette | null = null;
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { palette = null; });

/** A colour of style.css, which has them as #rrggbb. */
export function colour(name: string): Rgb {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => parseInt(value.slice(i, i + 2), 16)) as Rgb;
}

function colours(): Palette {
  palette ??= { positive: colour('--plus'), negative: colour('--minus'), zero: colour('--zero') };
  return palette;
}

/** The largest size in some vectors, to which a strip's strengths are relative. */
export function extent(vectors: (readonly number[] | undefined)[]): number {
  let largest = 1e-6;
  for (const vector of vectors) {
    for (const value of vector ?? []) largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

/** rows: of cells, where there is room for more than a line of them. */
export function drawStrip(element: HTMLElement, vector: readonly number[], scale: number,
                          rows = 1): void {
  const { positive, negative, zero } = colours();
  const cells = Math.min(CELLS * rows, vector.length);
  const width = Math.ceil(cells / rows);
  const lines: string[] = [];
  for (let row = 0; row < rows; ++row) {
    const stops: string[] = [];
    for (let column = 0; column < width; ++column) {
      const cell = Math.min(row * width + column, cells - 1);
      const value = vector[Math.floor((cell + 0.5) * vector.length / cells)];
      const strength = Math.min(1, Math.abs(value) / scale);
      const full = value < 0 ? negative : positive;
      const mixed = zero.map((from, k) => Math.round(from + (full[k] - from) * strength));
      stops.push(`rgb(${mixed.join(' ')}) 0 ${((column + 1) * 100 / width).toFixed(2)}%`);
    }
    const place = rows === 1 ? '' : ` 0 ${(row * 100 / (rows - 1)).toFixed(1)}% / 100% ` +
      `${(100 / rows).toFixed(1)}% no-repeat`;
    lines.push(`linear-gradient(90deg,${stops.join()})${place}`);
  }
  element.style.background = lines.join();
}

// Strips that are out of sight at first are drawn when there is time.
let waiting: (() => void)[] = [];
const SLICE_MS = 6;

function work(): void {
  const end = performance.now() + SLICE_MS;
  while (waiting.length && performance.now() < end) waiting.shift()!();
  if (waiting.length) setTimeout(work);
}

function later(task: () => void): void {
  if (waiting.push(task) === 1) requestAnimationFrame(() => setTimeout(work));
}

/** Forgets the strips of a view that is left. */
export function forgetStrips(): void {
  waiting = [];
}

/** sight: whether it is likely to be seen at once. */
export function strip(vector: readonly number[], scale: number, sight = true): HTMLElement {
  const element = document.createElement('span');
  element.className = 'strip';
  element.setAttribute('aria-hidden', 'true');
  if (sight) drawStrip(element, vector, scale);
  else later(() => drawStrip(element, vector, scale));
  return element;
}

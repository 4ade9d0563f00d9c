// A vector as a strip of cells: hue = sign, strength = size. A cell is one of the vector's numbers; of
// a long vector those that lie evenly along it are shown.

type Rgb = [number, number, number];
interface Palette { positive: Rgb; negative: Rgb; zero: Rgb }

const CELLS = 28;
let palette: Palette | null = null;
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { palette = null; });

function colour(name: string): Rgb {
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
export function drawStrip(canvas: HTMLCanvasElement, vector: readonly number[], scale: number,
                          rows = 1): void {
  const { positive, negative, zero } = colours();
  const cells = Math.min(CELLS * rows, vector.length);
  const width = Math.ceil(cells / rows);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== rows) canvas.height = rows;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  const image = context.createImageData(canvas.width, rows);
  for (let cell = 0; cell < cells; ++cell) {
    const value = vector[Math.floor((cell + 0.5) * vector.length / cells)];
    const strength = Math.min(1, Math.abs(value) / scale);
    const full = value < 0 ? negative : positive;
    for (let k = 0; k < 3; ++k) {
      image.data[4 * cell + k] = Math.round(zero[k] + (full[k] - zero[k]) * strength);
    }
    image.data[4 * cell + 3] = 255;
  }
  context.putImageData(image, 0, 0);
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
export function strip(vector: readonly number[], scale: number, sight = true): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.className = 'strip';
  canvas.setAttribute('aria-hidden', 'true');
  if (sight) drawStrip(canvas, vector, scale);
  else later(() => drawStrip(canvas, vector, scale));
  return canvas;
}

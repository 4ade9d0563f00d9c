// A vector as a strip of cells: hue = sign, strength = size. A cell stands for several numbers and
// shows the one farthest from zero.

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

export function drawStrip(canvas: HTMLCanvasElement, vector: readonly number[], scale: number): void {
  const { positive, negative, zero } = colours();
  const cells = Math.min(CELLS, vector.length);
  canvas.width = cells;
  canvas.height = 1;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const image = context.createImageData(cells, 1);
  for (let cell = 0; cell < cells; ++cell) {
    const begin = Math.floor(cell * vector.length / cells);
    const end = Math.floor((cell + 1) * vector.length / cells);
    let value = 0;
    for (let i = begin; i < end; ++i) if (Math.abs(vector[i]) > Math.abs(value)) value = vector[i];
    const strength = Math.min(1, Math.abs(value) / scale);
    const full = value < 0 ? negative : positive;
    for (let k = 0; k < 3; ++k) {
      image.data[4 * cell + k] = Math.round(zero[k] + (full[k] - zero[k]) * strength);
    }
    image.data[4 * cell + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

export function strip(vector: readonly number[], scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.className = 'strip';
  canvas.setAttribute('aria-hidden', 'true');
  drawStrip(canvas, vector, scale);
  return canvas;
}

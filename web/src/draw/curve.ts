// A learning curve: one number of metrics.jsonl over the steps of training.
import { line } from 'd3-shape';
import { h, s, short } from '../dom';

const WIDTH = 340;
const HEIGHT = 120;
const MARGIN = { left: 46, right: 12, top: 10, bottom: 22 };

export interface Curve {
  element: HTMLElement;
  mark(step: number): void;
}

export function curve(name: string, points: [step: number, value: number][]): Curve {
  const steps = points.map(([step]) => step);
  const values = points.map(([, value]) => value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const last = Math.max(...steps, 1);
  const x = (step: number) => MARGIN.left + step / last * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) => HEIGHT - MARGIN.bottom -
    (value - low) / Math.max(high - low, 1e-9) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const path = line<[number, number]>().x(([step]) => x(step)).y(([, value]) => y(value));
  const now = s('line', { class: 'curve-now', y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom });
  const dot = s('circle', { class: 'curve-dot', r: 4 });
  const said = h('span', { class: 'number' });
  const svg = s('svg', { class: 'curve', width: WIDTH, height: HEIGHT, role: 'img',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    'aria-label': `${name}, from ${short(values[0])} to ${short(values.at(-1))}` },
    s('text', { x: MARGIN.left - 6, y: y(high) + 4, 'text-anchor': 'end' }, short(high)),
    s('text', { x: MARGIN.left - 6, y: y(low) + 4, 'text-anchor': 'end' }, short(low)),
    s('text', { x: WIDTH - MARGIN.right, y: HEIGHT - 6, 'text-anchor': 'end' }, `step ${last}`),
    s('path', { class: 'curve-line', d: path(points) ?? '' }), now, dot);
  return {
    element: h('figure', {}, h('figcaption', { class: 'quiet' }, `${name}: `, said), svg),
    mark(step) {
      const at = points.reduce((best, point) =>
        Math.abs(point[0] - step) < Math.abs(best[0] - step) ? point : best);
      now.setAttribute('x1', String(x(step)));
      now.setAttribute('x2', String(x(step)));
      dot.setAttribute('cx', String(x(at[0])));
      dot.setAttribute('cy', String(y(at[1])));
      said.textContent = short(at[1], 3);
    },
  };
}

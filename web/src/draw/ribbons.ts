// Ribbons: bands between words whose width is the weight.
import { linkVertical } from 'd3-shape';
import { s } from '../dom';

const link = linkVertical<unknown, [number, number]>();

/** A curve from the point above to the one below. */
export function ribbon(from: [number, number], to: [number, number], weight: number,
                       widest: number): SVGPathElement {
  return s('path', {
    class: 'ribbon', d: link({ source: from, target: to } as never) ?? '',
    'stroke-width': Math.max(0.6, weight * widest).toFixed(2),
    'stroke-opacity': (0.25 + 0.6 * weight).toFixed(3),
  });
}

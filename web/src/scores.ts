// The score of one position, computed from the trace's own vectors: what the page shows must agree
// with what the model did.
import type { Step, Trace } from './trace';

export interface Term {
  numbers: number[];  // what the term is made of
  value: number;
}

export interface Score {
  terms: Term[];
  value: number;      // their sum, scaled
  scale: number;      // what the sum is divided by
}

/** e_j of a head. The terms are those of the equation's dot product. */
export function scoreOf(trace: Trace, step: Step, head: number, j: number): Score | null {
  const attention = step.attention;
  const { annotations } = trace.encoder ?? {};
  if (!attention?.query || !annotations) return null;
  const heads = trace.model.options['attention-heads'];
  const share = (size: number) => [Math.round(head * size / heads), Math.round((head + 1) * size / heads)];
  const terms: Term[] = [];
  let scale = 1;
  switch (trace.model.options.attention) {
    case 'additive': {
      const { keys, v_a: v, w_c: w } = trace.attention!;
      const [begin, end] = share(v!.length);
      const coverage = attention.coverage?.[j] ?? 0;
      for (let a = begin; a < end; ++a) {
        const numbers = [v![a], attention.projected![a], keys![j][a]];
        let inside = numbers[1] + numbers[2];
        if (w) {
          numbers.push(w[a] * coverage);
          inside += w[a] * coverage;
        }
        terms.push({ numbers, value: v![a] * Math.tanh(inside) });
      }
      break;
    }
    case 'location':
      terms.push({ numbers: [attention.projected![j]], value: attention.projected![j] });
      break;
    default: {
      const query = trace.model.options.attention === 'general' ? attention.projected! :
        attention.query;
      const [begin, end] = share(query.length);
      if (trace.model.options.attention === 'scaled-dot') scale = Math.sqrt(end - begin);
      for (let c = begin; c < end; ++c) {
        terms.push({ numbers: [query[c], annotations[j][c]], value: query[c] * annotations[j][c] });
      }
    }
  }
  return { terms, scale, value: terms.reduce((sum, { value }) => sum + value, 0) / scale };
}

/** The equation of the model's kind, in symbols. */
export function scoreEquation(trace: Trace): string {
  const s = { before: 's_{i−1}', between: 's′_{i}', after: 's_{i}' }[trace.model.options.attend];
  const coverage = trace.model.options.coverage ? ' + w_c κ_{j}' : '';
  switch (trace.model.options.attention) {
    case 'additive': return `e_{j} = v_a · tanh(W_a ${s} + U_a h_{j}${coverage})`;
    case 'dot': return `e_{j} = ${s} · h_{j}`;
    case 'scaled-dot': return `e_{j} = ${s} · h_{j} / √C`;
    case 'general': return `e_{j} = ${s}ᵀ W_a h_{j}`;
    case 'location': return `e_{j} = (W_a ${s})_{j}`;
    default: return '';
  }
}

// The moments that a trace is stepped through: the encoder reads word by word, the decoder takes its
// first state, then each step of the decoder in the phases of the model's kind.
import { kindOf, phasesOf, type Phase, type Trace } from './trace';

export interface Moment {
  t: number;       // 0: the encoder; then the steps of the decoder, from 1
  p: Phase | '';
  j: number;       // t 0: words read; more than there are: layers above; -1: all, and the start
}

export interface Timeline {
  moments: Moment[];
  phases: Phase[];
  find(t: number, p: string, j: number): number;
}

export function timelineOf(trace: Trace): Timeline {
  const phases = phasesOf(kindOf(trace));
  const moments: Moment[] = [];
  // Feature vectors may need no reading.
  const layers = trace.encoder?.layers.length ?? 1;
  const reading = layers === 0 ? 0 : trace.source.tokens.length + layers - 1;
  for (let j = 0; j <= reading; ++j) moments.push({ t: 0, p: '', j });
  moments.push({ t: 0, p: '', j: -1 });
  const begin = moments.length;
  for (let t = 1; t <= trace.steps.length; ++t) {
    for (const p of phases) moments.push({ t, p, j: 0 });
  }
  return {
    moments, phases,
    find(t, p, j) {
      if (t <= 0) return j < 0 ? begin - 1 : Math.min(j, begin - 2);
      const step = Math.min(t, trace.steps.length) - 1;
      const phase = phases.indexOf(p as Phase);
      return begin + step * phases.length + (phase < 0 ? phases.length - 1 : phase);
    },
  };
}

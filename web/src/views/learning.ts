// Where does alignment come from? A sentence's weights at every validation of training, beside the
// learning curves.
import type { LearningData } from '../api';
import { announce, h, measured } from '../dom';
import { curve, type Curve } from '../draw/curve';
import { gridOf, looks } from '../draw/grid';
import { matrix } from '../draw/matrix';
import type { PageState } from '../state';
import type { Context, Mounted } from '../view';

// Of metrics.jsonl: what is drawn, if it is there.
const CURVES: Record<string, string> = {
  loss: 'loss in training', dev_loss: 'loss on unseen sentences',
  guided_loss: 'distance from the given links', coverage_loss: 'attention to the same word again',
  doubly_stochastic_loss: 'inequality of attention', bleu: 'BLEU', chrf: 'chrF',
  exact: 'exact match, %', aer: 'alignment error',
};

export function curvesOf(metrics: LearningData['metrics']): Curve[] {
  return Object.entries(CURVES).flatMap(([key, name]) => {
    const points = metrics.filter((each) => Number.isFinite(each[key]) && Number.isFinite(each.step))
      .map((each): [number, number] => [each.step, each[key]]);
    return points.length > 1 ? [curve(name, points)] : [];
  });
}

export const learning = async (context: Context): Promise<Mounted> => {
  const { root, api, state } = context;
  const data = await api.learning(state.model || (context.models[0]?.name ?? ''));
  const all = data.probes.flatMap(({ step, traces }) => traces.map((trace) => ({ step, trace })));
  if (!all.length) throw new Error('No sentence was traced while this model was trained.');
  const sentences = [...new Set(all.map(({ trace }) => trace.source.text))];
  const text = sentences.includes(state.text) ? state.text : sentences[0];
  const probes = all.filter(({ trace }) => trace.source.text === text)
    .sort((a, b) => a.step - b.step);
  const curves = curvesOf(data.metrics);
  const place = h('div', { class: 'fog' });
  const said = h('p', { class: 'result' });
  const where = h('output', { class: 'where' });
  const slider = h('input', { type: 'range', min: 0, max: probes.length - 1,
    'aria-label': 'Training step',
    oninput: () => context.update({ at_step: Number(slider.value) }) });
  const select = h('select', { 'aria-label': 'Sentence', onchange: () =>
    context.update({ text: select.value }, true) },
    ...sentences.map((each) => h('option', { value: each, selected: each === text }, each)));
  root.append(sentences.length > 1 ? select : '', h('div', { class: 'learn' },
    h('div', {}, said, place, h('div', { class: 'controls' }, slider, where)),
    h('div', { class: 'curves' }, ...curves.map(({ element }) => element))));
  const indexOf = (of: PageState) => of.at_step < 0 ? probes.length - 1 :
    Math.min(of.at_step, probes.length - 1);
  let shown = -1;
  return {
    follow(next) {
      const index = indexOf(next);
      if (index === shown) return true;
      shown = index;
      const { step, trace } = probes[index];
      measured(() => {
        const data = { source: trace.source.words, target: trace.target.words,
          weights: trace.alignment.weights };
        const grid = gridOf(trace.source);
        place.replaceChildren(grid ? looks(data, grid).element :
          matrix(data, `Weights of attention after ${step} steps of training`).element);
        said.textContent = trace.target.text;
        where.textContent = `step ${step}`;
        slider.value = String(index);
        slider.setAttribute('aria-valuetext', `step ${step}: ${trace.target.text}`);
        for (const each of curves) each.mark(step);
      });
      announce(`After ${step} steps: ${trace.target.text}`);
      return true;
    },
    key(event) {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return false;
      context.update({ at_step: Math.max(0, Math.min(probes.length - 1, shown + by)) });
      return true;
    },
  };
};

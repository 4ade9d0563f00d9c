// What a box of the figure opens to: its name, its equation with the model's numbers filled in, and
// all of its numbers.
import { h, percent, short, type Child } from './dom';
import { stateAfter } from './draw/decoder';
import type { Topic } from './draw/encoder';
import { scoreEquation, scoreOf } from './scores';
import {
  kindOf, positionName, probability, readsFeatures, showToken, spell, type Trace,
} from './trace';

/** A factor after a dot: in brackets if it is negative. */
function factor(value: number): string {
  return value < 0 ? `(${short(value)})` : short(value);
}

const SHOWN = 3;  // terms of a long sum

/** "h_{j}" and "v_a" with their indices lowered. */
export function math(text: string): HTMLElement {
  const out = h('span', { class: 'math' });
  for (const part of text.split(/(_\{[^}]*\}|_[a-z])/)) {
    if (part.startsWith('_')) out.append(h('sub', {}, part.replace(/^_\{?|\}$/g, '')));
    else out.append(part);
  }
  return out;
}

const line = (text: string) => h('p', { class: 'equation' }, math(text));
const say = (...text: Child[]) => h('p', {}, ...text);

function few(vector: readonly number[] | undefined): string {
  if (!vector) return '[…]';
  const head = vector.slice(0, SHOWN).map((value) => short(value)).join(' ');
  return `[${head}${vector.length > SHOWN ? ' …' : ''}]`;
}

function numbers(name: string, vector: readonly number[] | undefined): Child {
  if (!vector) return null;
  const rows: string[] = [];
  for (let i = 0; i < vector.length; i += 8) {
    rows.push(vector.slice(i, i + 8).map((value) => short(value, 3).padStart(7)).join(' '));
  }
  return h('details', {}, h('summary', {}, `${name}: all ${vector.length} numbers`),
    h('pre', { tabindex: 0, role: 'group', 'aria-label': `Numbers of ${name}` }, rows.join('\n')));
}

interface Explained {
  title: string;
  body: Child[];
}

const cellName = (trace: Trace) =>
  ({ gru: 'GRU', lstm: 'LSTM', tanh: 'tanh-RNN' })[trace.model.options.cell as 'gru'] ?? 'GRU';

// ---- the encoder ---------------------------------------------------------------------------------

function embedding(trace: Trace, j: number): Child[] {
  const x = trace.source.embeddings?.[j];
  const of = readsFeatures(trace) ?
    say('The feature vector of “', trace.source.tokens[j], '”, through a layer.') :
    say('The row of the table of words that belongs to “', trace.source.tokens[j], '”, number ',
      trace.source.ids[j], '.');
  return [h('h3', {}, 'Embedding'), of, line(`x_{${j + 1}} = ${few(x)}`), numbers('x', x)];
}

function encoderState(trace: Trace, layer: number, direction: number, j: number): Child[] {
  const { direction: way, h: states } = trace.encoder!.layers[layer].directions[direction];
  const backward = way === 'backward';
  const from = backward ? j + 1 : j - 1;
  const before = states[from];
  const input = layer === 0 ? trace.source.embeddings?.[j] : undefined;
  const arrow = backward ? '←' : '→';
  return [h('h3', {}, `State, reading ${backward ? 'back' : 'on'}`),
    say(`What the encoder knows after reading “${trace.source.tokens[j]}”, coming from the `,
      backward ? 'end.' : 'beginning.'),
    line(`h${arrow}_{${j + 1}} = ${cellName(trace)}(${layer ? 'layer below' : `x_{${j + 1}}`}, ` +
      (before ? `h${arrow}_{${from + 1}})` : '0)')),
    line(`${few(states[j])} = ${cellName(trace)}(${input ? few(input) : '[…]'}, ` +
      (before ? `${few(before)})` : '[0 0 0 …])')),
    numbers(`h${arrow}`, states[j])];
}

function annotation(trace: Trace, j: number): Child[] {
  const states = trace.encoder!.layers.at(-1)?.directions;
  const joined = !states ? `x_{${j + 1}}` :
    states.length > 1 ? `[h→_{${j + 1}}; h←_{${j + 1}}]` : 'the last layer’s state';
  const all = trace.encoder!.annotations[j];
  return [h('h3', {}, 'Annotation'), say('What attention sees of this ', positionName(trace), '.'),
    line(`h_{${j + 1}} = ${joined}`), numbers('h', all)];
}

// ---- attention -----------------------------------------------------------------------------------

function score(trace: Trace, i: number, j: number): Child[] {
  const step = trace.steps[i];
  const heads = step.attention!.heads!;
  const out: Child[] = [h('h3', {}, 'Score'),
    say('How well “', showToken(trace, 'source', j), '” fits what the decoder looks for at step ',
      i + 1, '.'), line(scoreEquation(trace))];
  heads.forEach((head, k) => {
    if (heads.length > 1) out.push(h('h4', {}, `Head ${k + 1}`));
    const value = head.scores[j];
    if (value === null) {
      out.push(say('Outside of the window: no score.'));
      return;
    }
    const computed = scoreOf(trace, step, k, j);
    if (!computed) return;
    const name = trace.model.options.attention;
    const term = ([a, b, c, d]: number[]) => name === 'additive' ?
      `${factor(a)}·tanh(${short(b)} + ${factor(c)}${d === undefined ? '' : ` + ${factor(d)}`})` :
      name === 'location' ? short(a) : `${factor(a)}·${factor(b)}`;
    const { terms, scale } = computed;
    const sum = terms.slice(0, SHOWN).map(({ numbers: n }) => term(n)).join(' + ') +
      (terms.length > SHOWN ? ` + … (${terms.length} terms)` : '');
    out.push(h('p', { class: 'equation', 'data-score': computed.value },
      math(`e_{${j + 1}} = ${scale === 1 ? sum : `(${sum}) / ${short(scale)}`} = `),
      h('b', {}, short(computed.value, 3))));
  });
  return out;
}

function weight(trace: Trace, i: number, j: number): Child[] {
  const { heads, window, weights, replaced } = trace.steps[i].attention!;
  const out: Child[] = [h('h3', {}, 'Weight'), say('Softmax: every score becomes a positive number, the ' +
    'larger the score the more, so that all add up to one.'),
    line(`α_{j} = exp(e_{j}) / Σ_{k} exp(e_{k})${window?.gaussian ?
      ' · exp(−(j − p)² / 2σ²)' : ''}`)];
  if (replaced) out.push(say('These weights were asked for; the scores are the model’s.'));
  heads!.forEach((head, k) => {
    const finite = head.scores.filter((value): value is number => value !== null);
    const most = Math.max(...finite);
    const shift = most > 12 ? most : 0;
    const total = finite.reduce((sum, value) => sum + Math.exp(value - shift), 0);
    const own = head.scores[j];
    if (heads!.length > 1) out.push(h('h4', {}, `Head ${k + 1}`));
    if (own === null) {
      out.push(say('Outside of the window: α = 0.'));
      return;
    }
    const less = shift ? ` − ${short(shift)}` : '';
    const bell = window?.gaussian?.[j];
    out.push(line(`α_{${j + 1}} = exp(${short(own)}${less}) / ${short(total)}` +
      `${bell === undefined || bell === null ? '' : ` · ${short(bell)}`} = ` +
      short(head.weights[j], 4)));
  });
  if (heads!.length > 1) out.push(line(`mean of the heads = ${short(weights[j], 4)}`));
  if (window) {
    out.push(say(`The window reaches from ${positionName(trace)} ${window.first + 1} to ${window.last + 1}, around ` +
      `p = ${short(window.center + 1)}.`));
  }
  return out;
}

function context(trace: Trace, i: number): Child[] {
  const { weights, context: c, gate } = trace.steps[i].attention!;
  const annotations = trace.encoder!.annotations;
  const order = weights.map((_, j) => j).sort((a, b) => weights[b] - weights[a]);
  const best = order.slice(0, SHOWN).filter((j) => weights[j] > 0);
  const more = weights.filter((value) => value > 0).length > best.length ? ' + …' : '';
  const sum = (gate ?? 1) * weights.reduce((total, value, j) => total + value * annotations[j][0], 0);
  const heads = trace.model.options['attention-heads'];
  // A sum as it stands in an equation: behind the gate, if there is one.
  const gated = (terms: string[]) => gate === undefined ? `${terms.join(' + ')}${more}` :
    `${short(gate)} (${terms.join(' + ')}${more})`;
  const states = readsFeatures(trace) ? `The vectors of the ${positionName(trace)}s` :
    'The states of the sentence';
  const out: Child[] = [
    say(`${states}, each as much as its weight says, added up.`),
    line(`c = ${gate === undefined ? '' : 'β '}Σ_{j} α_{j} h_{j}`),
    line(`c = ${gated(best.map((j) => `${short(weights[j])} h_{${j + 1}}`))}`)];
  if (gate !== undefined) {
    const s = kindOf(trace).asker.symbol;
    out.push(say('The gate β says how much the context counts at this step.'),
      h('p', { class: 'equation', 'data-gate': gate }, math(`β = σ(w_{β} · ${s} + b_{β}) = `),
        h('b', {}, short(gate, 4))));
  }
  if (heads > 1) {
    out.push(say(`With ${heads} heads each sums its own share of h’s columns with its own weights.`));
  } else {
    out.push(h('p', { class: 'equation', 'data-context': sum }, math(
      `its first number: ${gated(best.map((j) =>
        `${short(weights[j])}·${factor(annotations[j][0])}`))} = `), h('b', {}, short(sum, 3))));
  }
  return [...out, numbers('c', c)];
}

// ---- the decoder ---------------------------------------------------------------------------------

function start(trace: Trace): Child[] {
  const how: Record<string, [string, string]> = {
    mean: ['The mean of all annotations, through a layer.', 's_{0} = tanh(W · mean_{j} h_{j} + b)'],
    final: ['The last state of the encoder, through a layer.', 's_{0} = tanh(W h + b)'],
    copy: ['The last state of the encoder, as it is.', 's_{0} = h'],
  };
  const [words, equation] = how[trace.model.options.start] ?? how.copy;
  return [say(words), line(equation), numbers('s', stateAfter(trace, -1))];
}

function decoderState(trace: Trace, i: number, between: boolean): Child[] {
  const step = trace.steps[i];
  const cell = cellName(trace);
  const { attend } = trace.model.options;
  const y = few(step.input.embedding);
  const before = few(stateAfter(trace, i - 1));
  const fed = trace.model.options['input-feeding'] ? `; t_{${i}}` : '';
  const c = step.attention?.context;
  const joins = c ? `; c_{${i + 1}}` : '';
  if (between) {
    const s = step.layers?.[0].between?.h;
    return [say('The decoder has read its last word, and now looks for what comes next.'),
      line(`s′_{${i + 1}} = ${cell}(y_{${i}}${fed}, s_{${i}})`),
      line(`${few(s)} = ${cell}(${y}, ${before})`), numbers('s′', s)];
  }
  const state = stateAfter(trace, i);
  const between_state = step.layers?.[0].between?.h;
  if (between_state) {
    return [say('The context joins the state between: the new state.'),
      line(`s_{${i + 1}} = ${cell}(c_{${i + 1}}, s′_{${i + 1}})`),
      line(`${few(state)} = ${cell}(${few(c)}, ${few(between_state)})`), numbers('s', state)];
  }
  const inputs = attend === 'before' ? `[y_{${i}}${joins}${fed}]` : fed ? `[y_{${i}}${fed}]` : `y_{${i}}`;
  return [say(attend === 'before' && c ? 'Last word and context, joined, and the state before.' :
    'The last word, and the state before.'),
    line(`s_{${i + 1}} = ${cell}(${inputs}, s_{${i}})`),
    line(`${few(state)} = ${cell}(${y}${attend === 'before' && c ? `; ${few(c)}` : ''}, ${before})`),
    numbers('s', state)];
}

function readout(trace: Trace, i: number): Child[] {
  const step = trace.steps[i];
  const { state, t } = step.readout!;
  const c = step.attention?.context;
  const kinds: Record<string, [string, string]> = {
    tanh: ['t = tanh(W [c; s])', `[${c ? `${few(c)}; ` : ''}${few(state)}]`],
    'deep-tanh': ['t = tanh(W [c; s; y])',
      `[${c ? `${few(c)}; ` : ''}${few(state)}; ${few(step.input.embedding)}]`],
    maxout: ['t = max of pairs of W [c; s; y]',
      `[${c ? `${few(c)}; ` : ''}${few(state)}; ${few(step.input.embedding)}]`],
  };
  const [symbols, joined] = kinds[trace.model.options.readout];
  const name = trace.model.options.readout === 'maxout' ? 'maxout(W' : 'tanh(W';
  return [say('What is known now, in one layer: from it every word of the vocabulary gets a score.'),
    line(c ? symbols : symbols.replace('c; ', '')), line(`${few(t)} = ${name} ${joined})`),
    numbers('t', t)];
}

/** Of a model that copies: how p is made of what is written and what is copied. */
function copying(trace: Trace, i: number): Child[] {
  const { p_gen: generate, chosen } = trace.steps[i];
  if (generate === undefined) return [];
  const copied = chosen.positions && chosen.copied !== undefined ?
    say(`${percent(chosen.copied)} of it is copied, from `,
      chosen.positions.map((j) => `“${showToken(trace, 'source', j)}”`).join(', '), '.') : null;
  return [say(`p_gen = ${short(generate, 4)}: so much is written by the output layer, the rest is ` +
    'copied from the source, by the weights of attention.'),
    line('p(y) = p_gen P(y) + (1 − p_gen) Σ α_{j} of its places'), copied];
}

function candidates(trace: Trace, i: number): Child[] {
  const { candidates: list, chosen, forced, p_gen: generate } = trace.steps[i];
  const rows = list.map((candidate) => h('tr',
    { class: candidate.id === chosen.id ? 'chosen' : '' },
    h('th', { scope: 'row' }, spell(trace, 'target', candidate.token)),
    h('td', {}, short(candidate.log_prob, 3)), h('td', {}, percent(probability(candidate)))));
  return [say(`Softmax over all ${trace.model.target_vocabulary} symbols of the vocabulary.`),
    line(`${generate === undefined ? 'p' : 'P'}(y) = exp(o_{y}) / Σ exp(o)`),
    ...copying(trace, i),
    line(`p(${spell(trace, 'target', chosen.token)}) = exp(${short(chosen.log_prob, 3)}) = ` +
      short(probability(chosen), 4)),
    forced ? say('The symbol that follows was given.') :
      chosen.id !== list[0]?.id ? say('The beam took another than the most probable: the sentence ' +
        'as a whole came out better.') : null,
    h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'candidate'),
      h('th', { scope: 'col' }, 'ln p'), h('th', { scope: 'col' }, 'p'))), h('tbody', {}, ...rows))];
}

/** What a topic opens to at step i; -1: before the first. */
export function explain(trace: Trace, topic: Topic, i: number): Explained {
  const kind = kindOf(trace);
  const attends = kind.attends && i >= 0;
  switch (topic.of) {
    case 'token': {
      const body = [...embedding(trace, topic.j)];
      trace.encoder!.layers.forEach((layer, l) => layer.directions.forEach((_, d) =>
        body.push(...encoderState(trace, l, d, topic.j))));
      body.push(...annotation(trace, topic.j));
      if (attends) body.push(...score(trace, i, topic.j), ...weight(trace, i, topic.j));
      return { title: showToken(trace, 'source', topic.j), body };
    }
    case 'embedding':
      return { title: showToken(trace, 'source', topic.j), body: embedding(trace, topic.j) };
    case 'state':
      return { title: showToken(trace, 'source', topic.j),
        body: encoderState(trace, topic.layer, topic.direction, topic.j) };
    case 'score':
    case 'weight':
      return { title: showToken(trace, 'source', topic.j), body: attends ?
        [...score(trace, i, topic.j), ...weight(trace, i, topic.j)] :
        [say('The decoder has asked nothing yet.')] };
    case 'context':
      return { title: 'Context c', body: trace.model.attends ? context(trace, Math.max(0, i)) :
        [say('Always the last annotation: there is nothing to choose from.'),
          numbers('c', trace.steps[Math.max(0, i)].attention?.context)] };
    case 'before':
      return i <= 0 ? { title: 'First state s₀', body: start(trace) } :
        { title: 'State before', body: decoderState(trace, i - 1, false) };
    case 'query': {
      const asked = attends ? [h('h3', {}, 'It asks'), line(scoreEquation(trace))] : [];
      const body = kind.attend === 'before' ?
        (i <= 0 ? start(trace) : decoderState(trace, i - 1, false)) :
        decoderState(trace, Math.max(0, i), kind.attend === 'between');
      const { projected } = trace.steps[Math.max(0, i)].attention ?? {};
      return { title: `Query: ${kind.asker.name}`,
        body: [...body, ...asked, numbers('W s', projected)] };
    }
    case 'decoder':
      return { title: 'New state', body: decoderState(trace, Math.max(0, i), false) };
    case 'input': {
      const { token, id, embedding: y } = trace.steps[Math.max(0, i)].input;
      return { title: 'Last word', body: [say(`“${token}”, number ${id}: what was written last is `,
        'read next.'), line(`y_{${i}} = ${few(y)}`), numbers('y', y)] };
    }
    case 'readout':
      return { title: 'Feed-forward layer', body: readout(trace, Math.max(0, i)) };
    case 'candidates':
      return { title: 'Candidates', body: candidates(trace, Math.max(0, i)) };
  }
}

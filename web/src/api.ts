// Where traces come from: the server that this page came from, or the page itself, if
// `atento explain` has put one inside.
import type { SourceText, Trace } from './trace';

export interface TraceQuery {
  model: string;
  text: string;
  target_prefix?: number[];
  alpha?: { step: number; weights: number[] };
  beam?: number;
  candidates?: number;
  detail?: 'weights' | 'vectors';
}

export interface ModelInfo {
  name: string;
  source_language?: string;
  target_language?: string;
  attention?: boolean;
  /** It was trained with --probe. */
  learning?: boolean;
}

/** A trace inside the page, and what to call its model. */
export interface NamedTrace {
  name: string;
  trace: Trace;
}

/** What a probe of training says of its sentence: a trace of `detail` `words`. */
export interface ProbeTrace {
  source: Pick<SourceText, 'text' | 'words' | 'grid' | 'picture'>;
  target: { text: string; words: string[] };
  alignment: { weights: number[][] };
}

/** The probes at each validation, by step, and the lines of metrics.jsonl. */
export interface LearningData {
  probes: { step: number; traces: ProbeTrace[] }[];
  metrics: Record<string, number>[];
}

/** What the server, or the network, has to say about a failure. */
export class ApiError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

function embeddedTraces(): NamedTrace[] {
  const given = embedded<Trace | NamedTrace[]>('embedded-trace');
  if (!given) return [];
  return Array.isArray(given) ? given : [{ name: '', trace: given }];
}

function embedded<T>(id: string): T | null {
  const text = document.getElementById(id)?.textContent?.trim();
  return text ? JSON.parse(text) as T : null;
}

const CACHE_SIZE = 24;

export class Api {
  private readonly traces = embeddedTraces();
  readonly embeddedLearning = embedded<LearningData>('embedded-learning');
  private readonly cache = new Map<string, Promise<Trace>>();

  get live(): boolean {
    return this.traces.length === 0;
  }

  /** The first of the traces inside the page. */
  get embedded(): Trace | null {
    return this.traces[0]?.trace ?? null;
  }

  async models(): Promise<ModelInfo[]> {
    if (!this.live) return this.traces.map(({ name }) => ({ name }));
    const answer = await this.send('v1/models') as { models?: (ModelInfo | string)[] };
    return (answer.models ?? []).map((model) =>
      typeof model === 'string' ? { name: model } : model);
  }

  learning(model: string): Promise<LearningData> {
    if (this.embeddedLearning) return Promise.resolve(this.embeddedLearning);
    return this.send(`v1/models/${encodeURIComponent(model)}/learning`) as Promise<LearningData>;
  }

  /** The same query is asked once. */
  trace(query: TraceQuery): Promise<Trace> {
    if (!this.live) {
      const given = this.traces.find(({ name }) => name === query.model) ?? this.traces[0];
      return Promise.resolve(given.trace);
    }
    const body = JSON.stringify({ ...query, model: query.model || undefined });
    const known = this.cache.get(body);
    if (known) return known;
    const answer = this.send('v1/trace', body) as Promise<Trace>;
    this.cache.set(body, answer);
    answer.catch(() => this.cache.delete(body));
    if (this.cache.size > CACHE_SIZE) this.cache.delete(this.cache.keys().next().value as string);
    return answer;
  }

  private async send(path: string, body?: string): Promise<unknown> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    const key = sessionStorage.getItem('atento-key');
    if (key) headers.Authorization = `Bearer ${key}`;
    let response: Response;
    try {
      response = await fetch(path, body === undefined ? { headers } :
        { method: 'POST', headers, body });
    } catch {
      throw new ApiError('unreachable', 'The server does not answer. Is atento serve running?');
    }
    let answer: unknown = null;
    try {
      answer = await response.json();
    } catch {
      throw new ApiError('invalid', `The server answered with status ${response.status}.`);
    }
    if (response.ok) return answer;
    const error = (answer as { error?: { code?: string; message?: string } }).error;
    throw new ApiError(error?.code ?? 'internal', error?.message ?? `Status ${response.status}`);
  }
}

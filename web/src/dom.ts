// Building the page's elements. Texts become text nodes, never markup.

export type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, unknown>;

const SVG = 'http://www.w3.org/2000/svg';

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') {
      element.addEventListener(name.slice(2), value as EventListener);
    } else if (name.startsWith('--')) {
      (element as unknown as HTMLElement).style.setProperty(name, String(value));
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** An HTML element. `on…` attributes are listeners, `--…` ones style properties. */
export function h<K extends keyof HTMLElementTagNameMap>(
    tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
    tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

const MINUS = '\u2212';

/** 0.123 as ".12", -1.5 as "−1.50": short, aligned in tabular figures. */
export function short(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return value.toFixed(digits).replace(/^-(0(\.0+)?)$/, '$1').replace('-', MINUS);
}

/** A share of one, as ".86" or "1.0". */
export function share(value: number): string {
  return value >= 0.995 ? '1.0' : value.toFixed(2).slice(1);
}

export function percent(value: number): string {
  const hundred = value * 100;
  if (hundred > 0 && hundred < 0.05) return '< 0.1 %';
  return `${hundred >= 10 || hundred < 0.05 ? hundred.toFixed(0) : hundred.toFixed(1)} %`;
}

export function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Says a sentence to screen readers. */
export function announce(sentence: string): void {
  const live = document.getElementById('live');
  if (live && live.textContent !== sentence) live.textContent = sentence;
}

/** Measures how long drawing took, for `performance.getEntriesByName('draw')`. */
export function measured<T>(draw: () => T): T {
  const start = performance.now();
  const result = draw();
  performance.measure('draw', { start, end: performance.now() });
  return result;
}

// The drawer in which a box of the figure shows its numbers.
import { h, type Child } from './dom';

export class Panel {
  readonly element = h('aside', { class: 'panel', 'aria-label': 'Numbers', tabindex: -1 });
  private opener: HTMLElement | null = null;

  constructor(private readonly closed: () => void) {
    this.element.hidden = true;
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  show(title: string, body: Child[], byHand: boolean): void {
    const expanded = [...this.element.querySelectorAll('details')].map(({ open }) => open);
    if (byHand) this.opener = document.activeElement as HTMLElement;
    this.element.replaceChildren(
      h('button', { type: 'button', class: 'close', 'aria-label': 'Close the numbers',
        onclick: () => this.close() }, '×'),
      h('h2', {}, title), ...body.filter((child): child is Node => child instanceof Node));
    this.element.querySelectorAll('details').forEach((each, i) => { each.open = expanded[i] ?? false; });
    this.element.hidden = false;
    if (byHand) this.element.focus({ preventScroll: true });
  }

  close(): void {
    this.element.hidden = true;
    this.closed();
    this.opener?.focus({ preventScroll: true });
  }
}

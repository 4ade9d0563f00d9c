// Motion that explains where a thing goes: a copy of it flies from one place to another.
import { reducedMotion } from '../dom';

function copy(element: Element): HTMLElement {
  const ghost = element.cloneNode(true) as HTMLElement;
  ghost.removeAttribute('id');
  ghost.classList.add('ghost');
  ghost.setAttribute('aria-hidden', 'true');
  return ghost;
}

export interface Flight {
  opacity?: number;
  duration: number;  // ms
  delay?: number;
}

/** Nothing flies from or to what is not on screen. */
export function fly(from: Element | null, to: Element | null, flight: Flight): void {
  if (!from || !to || reducedMotion()) return;
  const a = from.getBoundingClientRect();
  const b = to.getBoundingClientRect();
  const outside = (r: DOMRect) => r.width === 0 || r.right < 0 || r.left > innerWidth ||
    r.bottom < 0 || r.top > innerHeight;
  if (outside(a) || outside(b)) return;
  const ghost = copy(from);
  ghost.style.left = `${a.left}px`;
  ghost.style.top = `${a.top}px`;
  ghost.style.width = `${a.width}px`;
  ghost.style.height = `${a.height}px`;
  document.body.append(ghost);
  const x = b.left + b.width / 2 - a.left - a.width / 2;
  const y = b.top + b.height / 2 - a.top - a.height / 2;
  const opacity = flight.opacity ?? 1;
  const animation = ghost.animate([
    { transform: 'translate(0, 0)', opacity },
    { transform: `translate(${x}px, ${y}px) scale(${Math.min(1, b.width / a.width)}, 1)`,
      opacity: opacity * 0.8 },
  ], { duration: flight.duration, delay: flight.delay ?? 0, easing: 'cubic-bezier(.4,0,.2,1)',
       fill: 'both' });
  const remove = () => ghost.remove();
  animation.onfinish = remove;
  animation.oncancel = remove;
}

/** Ends every flight, as when the reader goes on. */
export function land(): void {
  for (const ghost of document.querySelectorAll('.ghost')) ghost.remove();
}

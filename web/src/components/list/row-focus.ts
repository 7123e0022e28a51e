import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef } from 'react';

/** What of a row the arrow keys go along. Buttons of menus aren't among them: there an arrow opens the menu. */
const CONTROLS = 'a[href], button:not([aria-haspopup])';

function controlsOf(row: Element | null): HTMLElement[] {
  return [...(row?.querySelectorAll<HTMLElement>(CONTROLS) ?? [])];
}

/** The row that a key leads to; undefined for keys that lead nowhere. */
export function nextRow(key: string, index: number, count: number): number | undefined {
  if (key === 'ArrowDown') return Math.min(index + 1, count - 1);
  if (key === 'ArrowUp') return Math.max(index - 1, 0);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return undefined;
}

type RowFocusOptions = { body: RefObject<HTMLElement | null>; count: number; scrollTo: (index: number) => void };

/** Up, down, to the first and to the last row: from a link or button to the same one of another row, also of one that isn't drawn yet. */
export function useRowFocus({ body, count, scrollTo }: RowFocusOptions): (event: KeyboardEvent) => void {
  const wanted = useRef<{ index: number; control: number } | null>(null);
  const focusWanted = () => {
    const { index, control = 0 } = wanted.current ?? {};
    const row = index === undefined ? null : (body.current?.querySelector(`tr[data-index="${index}"]`) ?? null);
    if (!row) return false;
    const controls = controlsOf(row);
    (controls[control] ?? controls[0])?.focus();
    wanted.current = null;
    return true;
  };
  useLayoutEffect(() => {
    focusWanted();
  });
  return (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!(event.target instanceof HTMLElement)) return;
    const from = event.target.closest('tr[data-index]');
    const control = controlsOf(from).indexOf(event.target);
    const index = nextRow(event.key, Number(from?.getAttribute('data-index')), count);
    if (control < 0 || index === undefined) return;
    event.preventDefault();
    wanted.current = { index, control };
    if (!focusWanted()) scrollTo(index);
  };
}

import type { MouseEvent } from 'react';

/** What acts by itself when it is clicked. */
const CONTROLS = 'a, button, input, select, textarea, label, [role=menu], [role=dialog]';

/** A click anywhere in a row is one on what its first cell leads to, with the same keys held; not while words of the row are being selected. */
export function openRow(event: MouseEvent<HTMLElement>): void {
  const { target, currentTarget } = event;
  // What opened from a row may lie elsewhere in the page.
  if (!(target instanceof Element) || !currentTarget.contains(target) || target.closest(CONTROLS)) return;
  if (event.defaultPrevented || window.getSelection()?.type === 'Range') return;
  const opener = target.closest('tr')?.querySelector('td:first-child :is(a[href], button)');
  if (!opener) return;
  const { ctrlKey, metaKey, shiftKey } = event;
  opener.dispatchEvent(new window.MouseEvent('click', { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }));
}

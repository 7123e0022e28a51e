import { type Range, useWindowVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

/** Up to this many rows all are drawn, so that the browser's own search, printing and a reader's table commands reach each of them. */
export const ALL_DRAWN = 200;

/** Pixels of a row nobody has seen yet; those that were seen are measured. */
const USUAL_HEIGHT = 57;

/** A row that is drawn, and the pixels of those before it that aren't. */
export type DrawnRow = { index: number; gap: number };

type DrawnRows = {
  rows: DrawnRow[];
  /** The pixels of what comes after the last one. */
  gapAfter: number;
  /** For each row's element, so that its height is known. */
  measure: ((row: Element | null) => void) | undefined;
  /** Keeps a row drawn wherever the page is scrolled: the one that has the focus must not vanish with it. */
  hold: (index: number) => void;
  /** Scrolls until the row is on screen. */
  scrollTo: (index: number) => void;
};

type DrawnRowsOptions = {
  count: number;
  /** Always the same function for the same rows. */
  keyOf: (index: number) => string;
  body: RefObject<HTMLElement | null>;
};

/** Which rows of a table have to be in the page for what the window shows of it; the page scrolls as if all of them were. */
export function useDrawnRows({ count, keyOf, body }: DrawnRowsOptions): DrawnRows {
  const partly = count > ALL_DRAWN;
  const held = useRef<{ index: number; key: string } | null>(null);
  const [top, setTop] = useState(0);
  // What stands above the table may have grown or shrunk with any change.
  useLayoutEffect(() => {
    if (!partly || !body.current) return;
    const now = Math.round(body.current.getBoundingClientRect().top + window.scrollY);
    if (now !== top) setTop(now);
  });
  const extract = useCallback(
    ({ startIndex, endIndex, overscan }: Range) => {
      const { index, key } = held.current ?? {};
      const isStillThere = index !== undefined && index < count && keyOf(index) === key;
      return drawnIndices(startIndex, endIndex, overscan, count, isStillThere ? index : undefined);
    },
    [count, keyOf],
  );
  const virtualizer = useWindowVirtualizer({
    count,
    enabled: partly,
    estimateSize: () => USUAL_HEIGHT,
    getItemKey: keyOf,
    overscan: 10,
    scrollMargin: top,
    rangeExtractor: extract,
  });
  const hold = (index: number) => {
    held.current = { index, key: keyOf(index) };
  };
  if (!partly) {
    const rows = Array.from({ length: count }, (_, index) => ({ index, gap: 0 }));
    return { rows, gapAfter: 0, measure: undefined, hold, scrollTo: () => {} };
  }
  let end = top;
  const rows = virtualizer.getVirtualItems().map((item) => {
    const gap = item.start - end;
    end = item.end;
    return { index: item.index, gap };
  });
  const gapAfter = top + virtualizer.getTotalSize() - end;
  return {
    rows,
    gapAfter,
    measure: virtualizer.measureElement,
    hold,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
  };
}

/** The rows on screen, some around them, and the one that is held, in their order. */
export function drawnIndices(
  start: number,
  end: number,
  around: number,
  count: number,
  held: number | undefined,
): number[] {
  const first = Math.max(start - around, 0);
  const last = Math.min(end + around, count - 1);
  const indices = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  if (held === undefined || (held >= first && held <= last)) return indices;
  return held < first ? [held, ...indices] : [...indices, held];
}

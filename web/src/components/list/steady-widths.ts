import { type RefObject, useLayoutEffect, useState } from 'react';

/**
 * The widths of a table's columns as they were first drawn, in percent: where only some rows are drawn, the browser would otherwise make
 * the columns anew with every row that comes and goes.
 *
 * @param columns changes with the columns that are shown; empty where all rows are drawn, which need no help.
 */
export function useSteadyWidths(
  head: RefObject<HTMLTableSectionElement | null>,
  columns: string,
): string[] | undefined {
  const [measured, setMeasured] = useState<{ columns: string; widths: string[] }>();
  const known = measured?.columns === columns ? measured.widths : undefined;
  useLayoutEffect(() => {
    if (columns === '' || known || !head.current) return;
    const widths = [...head.current.querySelectorAll('th')].map((cell) => cell.getBoundingClientRect().width);
    const all = widths.reduce((sum, width) => sum + width, 0);
    if (all > 0) setMeasured({ columns, widths: widths.map((width) => `${(100 * width) / all}%`) });
  }, [head, columns, known]);
  return known;
}

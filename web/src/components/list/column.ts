import type { ReactNode } from 'react';
import type { ScreenWidth } from '@/lib/screen-width';

export type Column<Row> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable; rows without a value come last in either direction. */
  sortValue?: (row: Row) => string | number | null;
  align?: 'left' | 'right';
  /** Leaves the column out on screens that are less wide, unless the person wants it there, too. */
  hideBelow?: ScreenWidth;
  headerHidden?: boolean;
};

/** Which columns a person wants, whatever the width; those not named follow the width. */
export type ColumnChoice = Readonly<Record<string, boolean>>;

/** Whether a person may do without: the first column says what a row is, and one without words in its header is for acting on it. */
export function isOptional<Row>(column: Column<Row>, columns: readonly Column<Row>[]): boolean {
  return column !== columns[0] && !column.headerHidden;
}

/** The ids of the columns that are on screen. */
export function shownColumns<Row>(
  columns: readonly Column<Row>[],
  choice: ColumnChoice,
  isAsWideAs: (width: ScreenWidth) => boolean,
): ReadonlySet<string> {
  const shown = columns.filter((column) => {
    const fits = column.hideBelow === undefined || isAsWideAs(column.hideBelow);
    return isOptional(column, columns) ? (choice[column.id] ?? fits) : true;
  });
  return new Set(shown.map(({ id }) => id));
}

import i18next from 'i18next';

export type Sort = { column: string; direction: 'asc' | 'desc' };

type Sortable<Row> = { id: string; sortValue?: (row: Row) => string | number | null };

/** Reads `name` or `-name`, the form sorting has in our URLs; nothing is the order of the server. */
export function parseSort(value: string): Sort;
export function parseSort(value: string | undefined): Sort | undefined;
export function parseSort(value: string | undefined): Sort | undefined {
  if (value === undefined) return undefined;
  return value.startsWith('-') ? { column: value.slice(1), direction: 'desc' } : { column: value, direction: 'asc' };
}

export function formatSort(sort: Sort): string {
  return sort.direction === 'desc' ? `-${sort.column}` : sort.column;
}

/** Sorts a copy. Rows without a value come last in either direction; no column or an unknown one leaves the order alone. */
export function sortRows<Row>(rows: Row[], columns: Sortable<Row>[], sort: Sort | undefined): Row[] {
  const value = columns.find((column) => column.id === sort?.column)?.sortValue;
  if (!sort || !value) return rows;
  const sign = sort.direction === 'asc' ? 1 : -1;
  return [...rows].sort((left, right) => {
    const a = value(left);
    const b = value(right);
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
    return sign * String(a).localeCompare(String(b), i18next.language, { numeric: true });
  });
}

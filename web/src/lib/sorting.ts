import i18next from 'i18next';

export type Sort = { column: string; direction: 'asc' | 'desc' };

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

/** The order of words in the language that is read; made once, because making it costs more than comparing. */
let collator: { language: string; compare: (left: string, right: string) => number } | undefined;

/** The ascending order of two values of a column: numbers as numbers, words as the reader's language sorts them. */
export function compareValues(left: string | number, right: string | number): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const { language } = i18next;
  if (collator?.language !== language) {
    collator = { language, compare: new Intl.Collator(language, { numeric: true }).compare };
  }
  return collator.compare(String(left), String(right));
}

import { expect, it } from 'vitest';
import { formatSort, parseSort, sortRows } from './sorting';

const columns = [{ id: 'cost', sortValue: (row: { cost: number | null }) => row.cost }];
const rows = [{ cost: 2 }, { cost: null }, { cost: 10 }];

it('sorts numbers as numbers, with the rows that have none last in both directions', () => {
  expect(sortRows(rows, columns, parseSort('cost')).map(({ cost }) => cost)).toEqual([2, 10, null]);
  expect(sortRows(rows, columns, parseSort('-cost')).map(({ cost }) => cost)).toEqual([10, 2, null]);
});

it('leaves the order alone for a column that is not there', () => {
  expect(sortRows(rows, columns, parseSort('-nonsense'))).toEqual(rows);
});

it('writes what it reads', () => {
  expect(['cost', '-cost'].map((value) => formatSort(parseSort(value)))).toEqual(['cost', '-cost']);
});

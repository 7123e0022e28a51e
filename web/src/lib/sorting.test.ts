import { expect, it } from 'vitest';
import { compareValues, formatSort, parseSort } from './sorting';

it('writes what it reads', () => {
  expect(['cost', '-cost'].map((value) => formatSort(parseSort(value)))).toEqual(['cost', '-cost']);
});

it('sorts numbers as numbers, and words as people do', () => {
  expect([10, 2, 9].sort(compareValues)).toEqual([2, 9, 10]);
  expect(['key 10', 'Émile', 'key 9', 'zoé', 'Zoé'].sort(compareValues)).toEqual([
    'Émile',
    'key 9',
    'key 10',
    'zoé',
    'Zoé',
  ]);
});

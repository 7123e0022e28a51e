import { expect, it } from 'vitest';
import { type Column, isOptional, shownColumns } from './column';

const column = (id: string, change: Partial<Column<object>> = {}): Column<object> => ({
  id,
  header: id,
  cell: () => id,
  ...change,
});
const columns = [
  column('name', { hideBelow: 'lg' }),
  column('state'),
  column('place', { hideBelow: 'md' }),
  column('actions', { headerHidden: true, hideBelow: 'lg' }),
];
const narrow = () => false;
const wide = () => true;

it('lets a person do without anything but what a row is and how to act on it', () => {
  expect(columns.filter((one) => isOptional(one, columns)).map(({ id }) => id)).toEqual(['state', 'place']);
});

it('follows the width for what nobody chose, and the person for the rest', () => {
  expect([...shownColumns(columns, {}, wide)]).toEqual(['name', 'state', 'place', 'actions']);
  expect([...shownColumns(columns, {}, narrow)]).toEqual(['name', 'state', 'actions']);
  expect([...shownColumns(columns, { place: true, state: false }, narrow)]).toEqual(['name', 'place', 'actions']);
});

it('takes no notice of a choice about what always stays, or about a column that is gone', () => {
  expect([...shownColumns(columns, { name: false, actions: false, gone: true }, narrow)]).toEqual([
    'name',
    'state',
    'actions',
  ]);
});

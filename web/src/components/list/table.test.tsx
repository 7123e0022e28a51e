import { fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Sort } from '@/lib/sorting';
import type { Column } from './column';
import { ALL_DRAWN, drawnIndices } from './drawn-rows';
import { Table } from './table';

type Row = { id: string; cost: number | null };

const columns: Column<Row>[] = [
  { id: 'name', header: 'Name', sortValue: ({ id }) => id, cell: ({ id }) => <a href={`#${id}`}>{id}</a> },
  { id: 'cost', header: 'Cost', sortValue: ({ cost }) => cost, cell: ({ cost }) => cost ?? '–' },
];
const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({ id: `row ${index}`, cost: index }));
const rowKey = ({ id }: Row) => id;

function show(rows: Row[], sort?: Sort) {
  const onSort = vi.fn();
  render(<Table caption="Things" columns={columns} rows={rows} rowKey={rowKey} sort={sort} onSort={onSort} />);
  return { onSort, user: userEvent.setup() };
}

const names = () => screen.getAllByRole('link').map(({ textContent }) => textContent);

/** The window of a test has no layout: rows are as high as they are taken to be, and it scrolls where it is told to, a moment later. */
function layOut() {
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(57);
  vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockReturnValue(57 * 100_000);
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(() => new DOMRect(0, -window.scrollY));
  vi.spyOn(window, 'scrollTo').mockImplementation((...where: unknown[]) => {
    const [to] = where as [ScrollToOptions];
    if (to.top !== undefined && to.top !== window.scrollY) setTimeout(scrollTo, 0, to.top);
  });
}

function scrollTo(top: number) {
  vi.spyOn(window, 'scrollY', 'get').mockReturnValue(top);
  fireEvent.scroll(window);
}

afterEach(() => vi.restoreAllMocks());

it('sorts numbers as numbers, with the rows that have none last in both directions', () => {
  const rows = [
    { id: 'two', cost: 2 },
    { id: 'none', cost: null },
    { id: 'ten', cost: 10 },
  ];
  const { unmount } = render(
    <Table caption="Up" columns={columns} rows={rows} rowKey={rowKey} sort={{ column: 'cost', direction: 'asc' }} />,
  );
  expect(names()).toEqual(['two', 'ten', 'none']);
  unmount();
  show(rows, { column: 'cost', direction: 'desc' });
  expect(names()).toEqual(['ten', 'two', 'none']);
});

it('leaves the order alone without a sort, and for a column that is not there', () => {
  const rows = [
    { id: 'b', cost: 1 },
    { id: 'a', cost: 2 },
  ];
  show(rows, { column: 'nonsense', direction: 'asc' });
  expect(names()).toEqual(['b', 'a']);
});

it('asks for the other direction by its header, and says which one there is', async () => {
  const { onSort, user } = show(rowsOf(2), { column: 'cost', direction: 'asc' });
  expect(screen.getByRole('columnheader', { name: 'Cost' })).toHaveAttribute('aria-sort', 'ascending');
  expect(screen.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'none');
  await user.click(screen.getByRole('button', { name: 'Cost' }));
  expect(onSort).toHaveBeenLastCalledWith({ column: 'cost', direction: 'desc' });
  await user.click(screen.getByRole('button', { name: 'Name' }));
  expect(onSort).toHaveBeenLastCalledWith({ column: 'name', direction: 'asc' });
});

it('draws every row of a list that is not long', () => {
  show(rowsOf(ALL_DRAWN));
  expect(names()).toHaveLength(ALL_DRAWN);
  expect(screen.getByRole('table')).not.toHaveAttribute('aria-rowcount');
});

it('draws of 100,000 rows those near the screen, says how many there are, and goes to the last one', async () => {
  layOut();
  const { user } = show(rowsOf(100_000));
  expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '100001');
  expect(screen.getAllByRole('row').length).toBeLessThan(60);
  expect(screen.getByRole('row', { name: 'row 0 0' })).toHaveAttribute('aria-rowindex', '2');

  scrollTo(57 * 50_000);
  expect(await screen.findByRole('link', { name: 'row 50000' })).toBeInTheDocument();
  expect(screen.queryByRole('link', { name: 'row 0' })).toBeNull();
  expect(screen.getAllByRole('row').length).toBeLessThan(60);

  screen.getByRole('link', { name: 'row 50000' }).focus();
  await user.keyboard('{End}');
  expect(await screen.findByRole('link', { name: 'row 99999' })).toHaveFocus();
});

it('keeps the row that has the focus while others come and go', async () => {
  layOut();
  show(rowsOf(1_000));
  const first = screen.getByRole('link', { name: 'row 0' });
  first.focus();
  scrollTo(57 * 900);
  expect(await screen.findByRole('link', { name: 'row 900' })).toBeInTheDocument();
  expect(first).toHaveFocus();
  expect(screen.queryByRole('link', { name: 'row 1' })).toBeNull();
});

it('goes from row to row by the arrow keys, and stops at the ends', async () => {
  const { user } = show(rowsOf(3));
  screen.getByRole('link', { name: 'row 0' }).focus();
  await user.keyboard('{ArrowDown}');
  expect(screen.getByRole('link', { name: 'row 1' })).toHaveFocus();
  await user.keyboard('{End}{ArrowDown}');
  expect(screen.getByRole('link', { name: 'row 2' })).toHaveFocus();
  await user.keyboard('{Home}{ArrowUp}');
  expect(screen.getByRole('link', { name: 'row 0' })).toHaveFocus();
});

it('leaves columns out that were not chosen', () => {
  render(<Table caption="Things" columns={columns} rows={rowsOf(1)} rowKey={rowKey} choice={{ cost: false }} />);
  const [header, row] = screen.getAllByRole('row');
  expect(within(header as HTMLElement).getAllByRole('columnheader')).toHaveLength(1);
  expect(within(row as HTMLElement).getAllByRole('cell')).toHaveLength(1);
});

it.each([
  ['in the middle', [10, 12, 2, 100, undefined], [8, 9, 10, 11, 12, 13, 14]],
  ['at the ends', [0, 1, 5, 4, undefined], [0, 1, 2, 3]],
  ['with one held above', [10, 10, 1, 100, 3], [3, 9, 10, 11]],
  ['with one held below', [10, 10, 1, 100, 50], [9, 10, 11, 50]],
  ['with one held among them', [10, 10, 1, 100, 11], [9, 10, 11]],
] as const)('draws the rows on screen and some around them: %s', (_, [start, end, around, count, held], drawn) => {
  expect(drawnIndices(start, end, around, count, held)).toEqual(drawn);
});

it('opens a row wherever it is clicked, as a click on its first link with the same keys', async () => {
  const { user } = show(rowsOf(2));
  const opened = vi.fn();
  screen.getByRole('link', { name: 'row 1' }).addEventListener('click', (event) => {
    event.preventDefault();
    opened(event.ctrlKey);
  });
  const cell = screen.getByRole('cell', { name: '1' });
  await user.click(cell);
  await user.keyboard('{Control>}');
  await user.click(cell);
  await user.keyboard('{/Control}');
  expect(opened.mock.calls).toEqual([[false], [true]]);
  // Who selects words of the row reads it.
  vi.spyOn(window, 'getSelection').mockReturnValue({ type: 'Range' } as Selection);
  await user.click(cell);
  expect(opened).toHaveBeenCalledTimes(2);
});

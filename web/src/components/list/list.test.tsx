import type { UseQueryResult } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it } from 'vitest';
import type { Listing } from '@/api/pages';
import type { Column } from './column';
import { List } from './list';
import { Person } from './person';

type Thing = { id: string; place: string };

const columns: Column<Thing>[] = [
  { id: 'name', header: 'Name', sortValue: ({ id }) => id, cell: ({ id }) => id },
  { id: 'place', header: 'Place', cell: ({ place }) => place },
  { id: 'size', header: 'Size', hideBelow: 'lg', cell: () => 'large' },
];
const things = [
  { id: 'Ada', place: 'Paris' },
  { id: 'Grace', place: 'Lyon' },
];
const loaded = (items: Thing[], complete = true) => ({ data: { items, complete } }) as UseQueryResult<Listing<Thing>>;

/** A list with an address of its own. */
function Things({
  items = things,
  person = 'p1',
  q,
  complete,
}: {
  items?: Thing[];
  person?: string;
  q?: string;
  complete?: boolean;
}) {
  const [search, setSearch] = useState<{ q?: string; sort?: string }>({ q });
  return (
    <Person value={person}>
      <List
        name="things"
        title="Things"
        columns={columns}
        rowKey={({ id }) => id}
        query={loaded(items, complete)}
        search={search}
        onSearch={(change) => setSearch({ ...search, ...change })}
        find="Find a thing"
        textOf={textOf}
        empty={<p>No thing yet</p>}
      />
    </Person>
  );
}

const textOf = ({ id }: Thing) => id.toLowerCase();
const headers = () => screen.getAllByRole('columnheader').map(({ textContent }) => textContent);
const firstCells = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.firstElementChild?.textContent);

async function take(column: string) {
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'Columns' }));
  await user.click(screen.getByRole('menuitemcheckbox', { name: column }));
  return user;
}

it('finds what was typed, and takes the words away again when they lead nowhere', async () => {
  render(<Things />);
  const user = userEvent.setup();
  await user.type(screen.getByRole('searchbox', { name: 'Find a thing' }), 'GRA');
  expect(firstCells()).toEqual(['Grace']);
  await user.type(screen.getByRole('searchbox', { name: 'Find a thing' }), 'x');
  await user.click(screen.getByRole('button', { name: 'Clear filters' }));
  expect(firstCells()).toEqual(['Ada', 'Grace']);
});

it('says that there is nothing yet, but not to whoever searches', () => {
  render(<Things items={[]} />);
  expect(screen.getByText('No thing yet')).toBeInTheDocument();
  cleanup();
  render(<Things items={[]} q="x" />);
  expect(screen.getByRole('heading', { name: 'Nothing found' })).toBeInTheDocument();
});

it('sorts by a header, with the sort in the address', async () => {
  render(<Things />);
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name: 'Name' }));
  await user.click(screen.getByRole('button', { name: 'Name' }));
  expect(firstCells()).toEqual(['Grace', 'Ada']);
});

it('says when there are more than it has', () => {
  render(<Things complete={false} />);
  expect(screen.getByText(/Only the first thousand/)).toBeInTheDocument();
});

it('leaves a column out for as long as the person wants, in this list and for nobody else', async () => {
  render(<Things />);
  expect(headers()).toEqual(['Name', 'Place', 'Size']);
  await take('Place');
  expect(screen.getByRole('menuitemcheckbox', { name: 'Place' })).not.toBeChecked();
  cleanup();
  render(<Things />);
  expect(headers()).toEqual(['Name', 'Size']);
  cleanup();
  render(<Things person="p2" />);
  expect(headers()).toEqual(['Name', 'Place', 'Size']);
});

it('gives the usual columns back', async () => {
  render(<Things />);
  const user = await take('Size');
  await user.click(screen.getByRole('menuitem', { name: 'Usual columns' }));
  await user.keyboard('{Escape}');
  expect(headers()).toEqual(['Name', 'Place', 'Size']);
  expect(localStorage).toHaveLength(0);
});

it('does as if nothing had been chosen when what is kept makes no sense', () => {
  for (const text of ['{', '[]', '{"place":"no"}']) {
    localStorage.setItem('inventiv.columns.p1.things', text);
    render(<Things />);
    expect(headers()).toEqual(['Name', 'Place', 'Size']);
    cleanup();
  }
});

import { expect, it } from 'vitest';
import { readPages } from './pages';

it('follows the cursor to the end of a list', async () => {
  const asked: (string | undefined)[] = [];
  const listing = await readPages(async (cursor) => {
    asked.push(cursor);
    return cursor ? { items: [3], next_cursor: null } : { items: [1, 2], next_cursor: 'next' };
  });
  expect(listing).toEqual({ items: [1, 2, 3], complete: true });
  expect(asked).toEqual([undefined, 'next']);
});

it('stops at a bound and says that there is more', async () => {
  const listing = await readPages(async () => ({ items: [1], next_cursor: 'more' }));
  expect(listing.items).toHaveLength(10);
  expect(listing.complete).toBe(false);
});

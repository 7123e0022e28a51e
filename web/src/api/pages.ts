type PageOf<Item> = { items: Item[]; next_cursor?: string | null };

/** A list as far as it was read; `complete` is false when the server had more than the console shows at once. */
export type Listing<Item> = { items: Item[]; complete: boolean };

export const PAGE_SIZE = 100;
const MOST_PAGES = 10;

/** Follows the cursor through a list, at most `MOST_PAGES` pages, so that filtering and sorting on the screen see all of it. */
export async function readPages<Item>(
  page: (cursor: string | undefined) => Promise<PageOf<Item>>,
): Promise<Listing<Item>> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let read = 0; read < MOST_PAGES; read += 1) {
    const next = await page(cursor);
    items.push(...next.items);
    if (!next.next_cursor) return { items, complete: true };
    cursor = next.next_cursor;
  }
  return { items, complete: false };
}

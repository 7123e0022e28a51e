import { expect, it } from 'vitest';
import type { UsageItem } from '@/api/shapes';
import { everyDay } from './days';
import { startOfLastDays } from './queries';

const day = (key: string, requests: number) => ({ key, requests }) as UsageItem;
const shown = (items: UsageItem[]) => items.map(({ key, requests }) => `${key}: ${requests}`);
const noon = new Date('2026-03-03T12:00:00Z');

it('has every day of the period up to today, also over the end of a month', () => {
  const days = everyDay([day('2026-02-27', 3), day('2026-03-02', 5)], '2026-02-26T00:00:00.000Z', noon);
  expect(shown(days)).toEqual([
    '2026-02-26: 0',
    '2026-02-27: 3',
    '2026-02-28: 0',
    '2026-03-01: 0',
    '2026-03-02: 5',
    '2026-03-03: 0',
  ]);
});

it('has them also where there was no usage at all, or on one day only', () => {
  expect(everyDay([], '2026-03-01T00:00:00.000Z', noon)).toHaveLength(3);
  expect(shown(everyDay([day('2026-03-03', 1)], '2026-03-03T00:00:00.000Z', noon))).toEqual(['2026-03-03: 1']);
});

it.each([1, 7, 30, 90])('shows %i days of the last so many, today among them', (count) => {
  expect(everyDay([], startOfLastDays(count, noon.getTime()), noon)).toHaveLength(count);
});

it('makes no list without end of a period that is none', () => {
  const items = [day('2026-03-03', 1)];
  for (const from of ['no day', '2020-01-01T00:00:00Z', '2026-03-05T00:00:00Z']) {
    expect(everyDay(items, from, noon)).toBe(items);
  }
});

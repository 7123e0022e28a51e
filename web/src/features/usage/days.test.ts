import { expect, it } from 'vitest';
import type { UsageItem } from '@/api/shapes';
import { withoutGaps } from './days';

const day = (key: string, requests: number) => ({ key, requests }) as UsageItem;
const shown = (items: UsageItem[]) => items.map(({ key, requests }) => `${key}: ${requests}`);

it('puts the days without usage between those that have some, also over the end of a month', () => {
  const days = withoutGaps([day('2026-02-27', 3), day('2026-03-02', 5)]);
  expect(shown(days)).toEqual(['2026-02-27: 3', '2026-02-28: 0', '2026-03-01: 0', '2026-03-02: 5']);
});

it('leaves alone what has no gaps, is empty, or is no days', () => {
  const whole = [day('2026-02-27', 3), day('2026-02-28', 4)];
  expect(shown(withoutGaps(whole))).toEqual(shown(whole));
  expect(withoutGaps([])).toEqual([]);
  const others = [day('mock/echo', 1), day('mock/other', 2)];
  expect(withoutGaps(others)).toBe(others);
});

import { expect, it } from 'vitest';
import type { CurrentCost } from '@/api/shapes';
import { withToday } from './today';

const day = (name: string, cost: string) => ({ day: name, cost_eur: cost, instances_eur: cost, tokens_eur: '0' });
const days = { items: [day('2026-11-27', '1.5'), day('2026-11-28', '0.25')], cost_eur: '1.75' };
const current = (as_of: string) =>
  ({ as_of, today_eur: '0.3', today_instances_eur: '0.2', today_tokens_eur: '0.1' }) as CurrentCost;

it('shows today once: as the card above has it, and in the total', () => {
  const { items, cost_eur } = withToday(days, current('2026-11-28T09:00:00Z'));
  expect(items[0]).toBe(days.items[0]);
  expect(items[1]).toMatchObject({ cost_eur: '0.3', instances_eur: '0.2', tokens_eur: '0.1' });
  expect(Number(cost_eur)).toBe(1.8);
});

it('leaves the days alone when the card is of another day, or not there yet', () => {
  expect(withToday(days, current('2026-11-29T00:00:01Z')).items).toEqual(days.items);
  expect(withToday(days, undefined)).toBe(days);
});

import type { CurrentCost, DayCost } from '@/api/shapes';
import { fromUnits, inUnits } from '@/lib/decimal';

type Days = { items: DayCost[]; cost_eur: string };

/** The days with today as the numbers above them have it: two answers are of two moments, and a page shows one. */
export function withToday(days: Days, current: CurrentCost | undefined): Days {
  if (!current) return days;
  const today = current.as_of.slice(0, 10);
  const items = days.items.map((item) =>
    item.day === today
      ? {
          ...item,
          cost_eur: current.today_eur,
          instances_eur: current.today_instances_eur,
          tokens_eur: current.today_tokens_eur,
        }
      : item,
  );
  const costs = items.map(({ cost_eur }) => inUnits(cost_eur)).filter((cost) => cost !== undefined);
  if (costs.length < items.length) return { ...days, items };
  return { items, cost_eur: fromUnits(costs.reduce((sum, cost) => sum + cost, 0n)) };
}

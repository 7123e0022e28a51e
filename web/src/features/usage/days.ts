import type { UsageItem } from '@/api/shapes';

const DAY_MS = 86_400_000;
/** More than any report asks for; what isn't a day must not make a list without end. */
const MOST_DAYS = 400;

/** Days in a row, from the first to the last with usage: without those in between a picture would show a pause as none. */
export function withoutGaps(items: UsageItem[]): UsageItem[] {
  const byDay = new Map(items.map((item) => [item.key ?? '', item]));
  const moments = [...byDay.keys()].map((key) => Date.parse(key));
  const first = Math.min(...moments);
  const count = (Math.max(...moments) - first) / DAY_MS + 1;
  if (!Number.isInteger(count) || count > MOST_DAYS) return items;
  return Array.from({ length: count }, (_, index) => {
    const key = new Date(first + index * DAY_MS).toISOString().slice(0, 10);
    return byDay.get(key) ?? { ...nothing, key };
  });
}

const nothing: UsageItem = {
  requests: 0,
  estimated_requests: 0,
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  charge_eur: '0',
};

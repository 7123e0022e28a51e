import type { UsageItem } from '@/api/shapes';

const DAY_MS = 86_400_000;
/** More than any report asks for; what isn't a day must not make a list without end. */
const MOST_DAYS = 400;

/** Every day of a period up to today, also those without usage: a picture would show a pause as none, and a week as a day. */
export function everyDay(items: UsageItem[], from: string, today = new Date()): UsageItem[] {
  const byDay = new Map(items.map((item) => [item.key ?? '', item]));
  const first = Date.parse(from.slice(0, 10));
  const count = Math.floor((today.getTime() - first) / DAY_MS) + 1;
  if (!(count > 0 && count <= MOST_DAYS)) return items;
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

import type { TFunction } from 'i18next';
import type { UsageItem } from '@/api/shapes';
import type { Format } from '@/lib/format';
import type { UsageGroup } from './queries';

/** What a line of a report is about, in words. */
export function usageName(t: TFunction, format: Format, group: UsageGroup, item: UsageItem): string {
  return group === 'day' ? format.day(item.key ?? '') : (item.label ?? item.key ?? t('usage.console'));
}

/** The same where there is room for words only: keys of one name are told apart by the end of what lists show of them. */
export function usageLabels(t: TFunction, format: Format, group: UsageGroup, items: UsageItem[]): string[] {
  const names = items.map((item) => usageName(t, format, group, item));
  return items.map((item, position) => {
    const name = names[position] ?? '';
    const isAlone = names.indexOf(name) === names.lastIndexOf(name);
    return isAlone || !item.api_key ? name : `${name} · ${item.api_key.prefix.slice(-4)}`;
  });
}

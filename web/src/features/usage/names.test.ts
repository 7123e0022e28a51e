import i18next from 'i18next';
import { expect, it } from 'vitest';
import type { UsageItem } from '@/api/shapes';
import { createFormat } from '@/lib/format';
import { usageLabels } from './names';

const line = (key: string, label: string, prefix?: string) =>
  ({ key, label, api_key: prefix ? { prefix, replaced: false } : undefined }) as UsageItem;

it('tells keys of one name apart where there is room for words only', () => {
  const items = [line('1', 'ci', 'inv_aaaa1111'), line('2', 'ci', 'inv_bbbb2222'), line('3', 'site', 'inv_cccc3333')];
  expect(usageLabels(i18next.t, createFormat('en'), 'key', items)).toEqual(['ci · 1111', 'ci · 2222', 'site']);
});

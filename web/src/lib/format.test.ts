import { expect, it } from 'vitest';
import { createFormat } from './format';

const format = createFormat('en-GB', () => Date.parse('2026-11-23T12:00:00Z'));

it('shows decimal strings exactly, where a number would round', () => {
  expect(format.exactMoney('0.000001')).toBe('€0.000001');
  expect(format.money('90071992547409.93')).toBe('€90,071,992,547,409.93');
  expect(format.money(null)).toBe('–');
});

it('writes numbers and euros as the locale does', () => {
  expect(createFormat('fr-FR').money('1234.5').replace(/\s/g, ' ')).toBe('1 234,50 €');
});

it('tells time from now in the unit that fits', () => {
  expect(format.ago('2026-11-23T11:59:50Z')).toBe('10 seconds ago');
  expect(format.ago('2026-11-23T09:00:00Z')).toBe('3 hours ago');
  expect(format.ago('2026-11-22T09:00:00Z')).toBe('yesterday');
});

it('keeps a calendar day in every time zone', () => {
  expect(format.day('2026-11-23')).toBe('23 Nov');
});

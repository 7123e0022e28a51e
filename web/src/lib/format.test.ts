import { expect, it } from 'vitest';
import { createFormat } from './format';

const format = createFormat('en-GB', () => Date.parse('2026-11-23T12:00:00Z'));

// [exact, shown, as a price]
const amounts: [string | null, string, string][] = [
  [null, '–', '–'],
  ['0', '€0.00', '€0.00'],
  ['0.000000000000', '€0.00', '€0.00'],
  ['0.000000000001', '<\u00a0€0.0001', '€0.000000000001'],
  ['0.000123456789', '€0.0001', '€0.000123456789'],
  ['0.000999960000', '€0.0010', '€0.00099996'],
  ['0.004', '€0.0040', '€0.004'],
  ['0.042000', '€0.0420', '€0.042'],
  ['0.5', '€0.5000', '€0.50'],
  ['0.00000680', '<\u00a0€0.0001', '€0.0000068'],
  ['0.9996', '€0.9996', '€0.9996'],
  ['0.99996', '€1.00', '€0.99996'],
  ['1.2345', '€1.23', '€1.2345'],
  ['1.999', '€2.00', '€1.999'],
  ['12', '€12.00', '€12.00'],
  ['-0.00001', '>\u00a0-€0.0001', '-€0.00001'],
  ['-0.000123456', '-€0.0001', '-€0.000123456'],
  ['-7.125', '-€7.13', '-€7.125'],
  ['90071992547409.931', '€90,071,992,547,409.93', '€90,071,992,547,409.931'],
];

it.each(amounts)('writes %s euros as %s, and as the price %s', (exact, shown, price) => {
  expect(format.money(exact)).toBe(shown);
  expect(format.price(exact)).toBe(price);
});

it('never writes an amount as nothing', () => {
  for (let places = 1; places <= 12; places += 1) {
    for (const digit of ['1', '4', '5', '9']) {
      expect(format.money(`0.${digit.padStart(places, '0')}`)).toMatch(/[1-9]/);
    }
  }
});

it.each([
  ['0.02785', ['0.02694', '0.00091'], '€0.0279', ['€0.0270', '€0.0009']],
  ['12.344', ['12.3399', '0.0041'], '€12.34', ['€12.34', '<\u00a0€0.01']],
  ['3', ['3', '0'], '€3.00', ['€3.00', '€0.00']],
  ['0.00000680', ['0', '0.0000068'], '<\u00a0€0.0001', ['€0.00', '<\u00a0€0.0001']],
])('lets the parts of %s euros, %s, add up to what is shown', (total, parts, shown, shownParts) => {
  expect(format.money(total)).toBe(shown);
  expect(format.moneyParts(total, parts)).toEqual(shownParts);
});

it.each([
  ['1234.5', '1 234,50 €'],
  ['0.000123456', '0,0001 €'],
])('writes %s euros as French does: %s', (exact, shown) => {
  expect(createFormat('fr-FR').money(exact).replace(/\s/g, ' ')).toBe(shown);
});

it('tells time from now in the unit that fits', () => {
  expect(format.ago('2026-11-23T11:59:50Z')).toBe('10 seconds ago');
  expect(format.ago('2026-11-23T09:00:00Z')).toBe('3 hours ago');
  expect(format.ago('2026-11-22T09:00:00Z')).toBe('yesterday');
});

it('tells the day with a time that is not of today', () => {
  expect(format.momentOfDay(new Date(2026, 10, 23, 9, 5, 7).toISOString())).toBe('09:05:07');
  expect(format.momentOfDay(new Date(2026, 10, 20, 9, 5, 7).toISOString())).toBe('20 Nov 2026, 09:05:07');
});

it('keeps a calendar day in every time zone', () => {
  expect(format.day('2026-11-23')).toBe('23 Nov');
});

import { expect, it } from 'vitest';
import { fromUnits, inUnits, roundedParts } from './decimal';

const cut = (total: string, parts: string[], digits: number) =>
  roundedParts(total, parts, digits)?.map((part) => Number(part));

it('lets rounded parts add up to their rounded total', () => {
  expect(cut('0.02785', ['0.02694', '0.00091'], 4)).toEqual([0.027, 0.0009]);
  expect(cut('0.0279', ['0.026949', '0.000951'], 4)).toEqual([0.0269, 0.001]);
  expect(cut('12.344', ['12.3399', '0.0041'], 2)).toEqual([12.34, 0]);
  expect(cut('0', ['0', '0.000000000000'], 2)).toEqual([0, 0]);
});

it('makes up nothing where the parts are not those of the total', () => {
  expect(roundedParts('1', ['0.5', '0.4'], 2)).toBeUndefined();
  expect(roundedParts('-1', ['-1', '0'], 2)).toBeUndefined();
});

it('keeps an amount exactly', () => {
  for (const amount of ['0.000000000001', '90071992547409.931000000000']) {
    expect(fromUnits(inUnits(amount) ?? 0n)).toBe(amount);
  }
});

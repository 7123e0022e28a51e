import { expect, it, vi } from 'vitest';
import { hasUnsaved, holdUnsaved, mayLeave, onAskToLeave } from './unsaved';

it('asks only while a form holds something', async () => {
  const ask = vi.fn(async () => false);
  const stopAsking = onAskToLeave(ask);
  expect(await mayLeave()).toBe(true);
  const one = holdUnsaved();
  const other = holdUnsaved();
  one();
  expect(hasUnsaved()).toBe(true);
  expect(await mayLeave()).toBe(false);
  expect(ask).toHaveBeenCalledTimes(1);
  other();
  expect(hasUnsaved()).toBe(false);
  expect(await mayLeave()).toBe(true);
  stopAsking();
});

it('asks once, however many want to know', async () => {
  const ask = vi.fn(async () => true);
  const stopAsking = onAskToLeave(ask);
  const release = holdUnsaved();
  expect(await Promise.all([mayLeave(), mayLeave()])).toEqual([true, true]);
  expect(ask).toHaveBeenCalledTimes(1);
  release();
  stopAsking();
});

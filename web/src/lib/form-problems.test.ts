import { expect, it, vi } from 'vitest';
import { ProblemError } from '@/api/problem';
import { showFieldProblems } from './form-problems';

type Values = { name: string; allowed_models: string[] };
const refusal = (...fields: string[]) =>
  new ProblemError({
    status: 422,
    code: 'validation_failed',
    errors: fields.map((field) => ({
      field,
      code: 'without_words',
      message: field === 'name' ? 'is taken' : 'This model is unknown.',
    })),
  });

it('puts each complaint next to its input, those about one entry of a list too', () => {
  const setError = vi.fn();
  const placed = showFieldProblems<Values>(refusal('name', 'allowed_models[1]'), ['name', 'allowed_models'], setError);
  expect(placed).toBe(true);
  expect(setError.mock.calls.map(([field, { message }]) => [field, message])).toEqual([
    ['name', 'This is taken.'],
    ['allowed_models', 'This model is unknown.'],
  ]);
});

it('leaves the rest to the form when a complaint has no input or there is none', () => {
  expect(showFieldProblems<Values>(refusal('name', 'plan'), ['name'], vi.fn())).toBe(false);
  expect(showFieldProblems<Values>(new TypeError('offline'), ['name'], vi.fn())).toBe(false);
});

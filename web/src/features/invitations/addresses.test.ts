import { expect, it } from 'vitest';
import { malformed, parseAddresses } from './addresses';

it('finds the addresses in whatever was pasted, each once', () => {
  const text =
    'Ada Lovelace <Ada@Example.com>, grace@example.com; ada@example.com\n\n  olga@example.com igor@example.com';
  expect(parseAddresses(text)).toEqual([
    'ada@example.com',
    'grace@example.com',
    'olga@example.com',
    'igor@example.com',
  ]);
  expect(parseAddresses('  ')).toEqual([]);
});

it('points at what is no address', () => {
  expect(malformed(['ada@example.com', 'ada', 'ada@home', '@example.com'])).toEqual([
    'ada',
    'ada@home',
    '@example.com',
  ]);
});

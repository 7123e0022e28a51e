import { expect, it } from 'vitest';
import { finds, searchWords } from './search-words';

it.each([
  [undefined, ''],
  ['   ', ''],
  ['  Qwen ', 'Qwen'],
  ['Paris\t 1', 'Paris 1'],
  ['\u00a0ada\u3000', 'ada'],
])('reads %j as %j', (typed, words) => {
  expect(searchWords(typed)).toBe(words);
});

it('finds whatever the case and the blanks', () => {
  expect(finds('qwen 3 small', '  QWEN   3 ')).toBe(true);
  expect(finds('qwen 3 small', 'mistral')).toBe(false);
  expect(finds('qwen 3 small', ' ')).toBe(true);
});

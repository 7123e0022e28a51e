import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { atMostCharacters } from './field-rules';

const name = z.string().check(z.trim(), atMostCharacters(3));

it.each(['', 'abc', '  abc ', '👍👍👍', 'äöü'])('takes %j', (text) => {
  expect(name.safeParse(text).success).toBe(true);
});

it.each(['abcd', '👍👍👍👍'])('says of %j why it is refused', (text) => {
  expect(name.safeParse(text).error?.issues[0]?.message).toBe('This must have at most 3 characters.');
});

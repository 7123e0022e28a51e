import { expect, it } from 'vitest';
import { splitCode } from './split-code';

it('separates fenced code from prose', () => {
  expect(splitCode('Look:\n\n```python\nprint(1)\n```\nDone.')).toEqual([
    { code: false, text: 'Look:' },
    { code: true, language: 'python', text: 'print(1)' },
    { code: false, text: 'Done.' },
  ]);
});

it('shows code that is still being written', () => {
  expect(splitCode('```\nfirst\nsec')).toEqual([{ code: true, language: '', text: 'first\nsec' }]);
});

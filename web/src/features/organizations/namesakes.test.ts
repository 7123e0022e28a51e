import { expect, it } from 'vitest';
import { freeColor, palette } from './color-field';
import { namesakeOf } from './namesakes';

const acme = { name: 'Acme', slug: 'acme', color: palette.indigo };

it('finds the organization that already has a name, however it is written', () => {
  expect(namesakeOf([acme], ' ACME ')).toBe(acme);
  expect(namesakeOf([acme], 'Acme Research')).toBeUndefined();
});

it('offers a colour that none of the organizations has, while there is one', () => {
  expect(freeColor([])).toBe(palette.indigo);
  expect(freeColor([acme, { color: palette.blue.toUpperCase() }])).toBe(palette.teal);
  expect(freeColor(Object.values(palette).map((color) => ({ color })))).toBe(palette.indigo);
});

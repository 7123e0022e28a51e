import { expect, it } from 'vitest';
import { isHexColor, textOn } from './contrast';

it('chooses the readable text colour', () => {
  expect(textOn('#ffffff')).toBe('#000000');
  expect(textOn('#1e1b4b')).toBe('#ffffff');
});

it('takes nothing but a hexadecimal colour into a style', () => {
  expect(isHexColor('#0d9488')).toBe(true);
  expect(isHexColor('red; background: url(x)')).toBe(false);
});

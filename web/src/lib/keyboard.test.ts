import { expect, it } from 'vitest';
import { paletteKeys } from './keyboard';

it.each([
  ['MacIntel', '⌘K'],
  ['iPad', '⌘K'],
  ['Linux x86_64', 'Ctrl K'],
  ['Win32', 'Ctrl K'],
  ['', 'Ctrl K'],
])('writes the keys as the keyboard of %j has them', (platform, keys) => {
  expect(paletteKeys(platform)).toBe(keys);
});

import { expect, it } from 'vitest';
import { browserName } from './browser-name';

it('recognizes browsers that pretend to be others', () => {
  expect(browserName('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0')).toBe(
    'Edge · Linux',
  );
  expect(browserName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1')).toBe(
    'Safari · iOS',
  );
});

it('shows programs by what they say, and nothing when they say nothing', () => {
  expect(browserName('curl/8.5.0')).toBe('curl/8.5.0');
  expect(browserName(null)).toBeNull();
});

import { expect, it } from 'vitest';
import { scriptsOf } from './first-page-weight';

const manifest = {
  'index.html': { file: 'index.js', isEntry: true, imports: ['_shared.js'], dynamicImports: ['late.ts', 'later.ts'] },
  '_shared.js': { file: 'shared.js', imports: ['_deep.js', 'index.html'] },
  '_deep.js': { file: 'deep.js' },
  'late.ts': { file: 'late.js', isDynamicEntry: true, imports: ['_shared.js', '_only-late.js'] },
  '_only-late.js': { file: 'only-late.js' },
  'later.ts': { file: 'later.js', isDynamicEntry: true },
};

it('counts what an entry imports, however deep and once, but not what it fetches later', () => {
  expect([...scriptsOf(manifest, ['index.html'])].sort()).toEqual(['deep.js', 'index.js', 'shared.js']);
});

it('counts what is fetched later when that is part of the first page', () => {
  const files = [...scriptsOf(manifest, ['index.html', 'late.ts'])].sort();
  expect(files).toEqual(['deep.js', 'index.js', 'late.js', 'only-late.js', 'shared.js']);
});

it('refuses to measure less than it was told to', () => {
  expect(() => scriptsOf(manifest, ['index.html', 'renamed.ts'])).toThrow('no entry "renamed.ts"');
});

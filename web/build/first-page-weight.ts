import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Manifest, Plugin } from 'vite';

/** Compressed script that somebody may have to wait for on the way to the dashboard. */
const LIMIT_KB = 300;
/** And files: each is another request, and named by those that fetch it. */
const MOST_FILES = 12;

/** What is loaded from the first address to the dashboard with its chart, in the language that has to be fetched. */
const firstPage = [
  'index.html',
  'src/routes/login.tsx?tsr-split=component',
  'src/features/usage/usage-chart.tsx',
  'src/i18n/fr.ts',
];

/**
 * The script files behind these entries of Vite's manifest: theirs, and whatever they import at once. What those fetch later only
 * counts when it is an entry itself.
 *
 * @throws when an entry is not in the manifest: a renamed file must not leave the sum unnoticed.
 */
export function scriptsOf(manifest: Manifest, entries: readonly string[]): Set<string> {
  const scripts = new Set<string>();
  const waiting = [...entries];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`the build has no entry "${key}": name the first page's files in first-page-weight.ts`);
    if (scripts.has(chunk.file)) continue;
    scripts.add(chunk.file);
    waiting.push(...(chunk.imports ?? []));
  }
  return scripts;
}

/** Fails a build whose first page outweighs the limit, and says what weighs most. The manifest is read, then not shipped. */
export function firstPageWeight(): Plugin {
  return {
    name: 'first-page-weight',
    apply: 'build',
    config: () => ({ build: { manifest: true } }),
    writeBundle: {
      order: 'post',
      handler({ dir }) {
        if (!dir) throw new Error('the build has no directory');
        const manifest = JSON.parse(readFileSync(join(dir, '.vite/manifest.json'), 'utf8')) as Manifest;
        rmSync(join(dir, '.vite'), { recursive: true });
        const weights = [...scriptsOf(manifest, firstPage)]
          .map((file): [string, number] => [file, gzipSync(readFileSync(join(dir, file))).length / 1000])
          .sort(([, left], [, right]) => right - left);
        const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
        const words = `first page: ${total.toFixed(1)} kB of compressed script in ${weights.length} files`;
        if (total <= LIMIT_KB && weights.length <= MOST_FILES) {
          return this.info(`${words}, at most ${LIMIT_KB} in ${MOST_FILES}`);
        }
        const heaviest = weights.slice(0, 16).map(([file, weight]) => `  ${weight.toFixed(1)} kB  ${file}`);
        this.error(
          [`${words}, but at most ${LIMIT_KB} in ${MOST_FILES} files are allowed. The heaviest:`, ...heaviest].join(
            '\n',
          ),
        );
      },
    },
  };
}

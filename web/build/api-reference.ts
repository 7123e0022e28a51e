import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Where the program looks for the page at `/docs/`. */
const DIRECTORY = 'docs';

const OURS = ['index.html', 'start.js'];
const SWAGGER_UI = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** The reference of the API, for reading and trying: Swagger UI as it is, on a page of ours. It stands beside the console, not in it. */
export function apiReference(): Plugin {
  return {
    name: 'api-reference',
    apply: 'build',
    generateBundle() {
      const ours = join(import.meta.dirname, 'api-reference');
      const theirs = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json');
      const sources = [
        ...OURS.map((name) => [name, join(ours, name)] as const),
        ...SWAGGER_UI.map((name) => [name, join(theirs, '..', name)] as const),
      ];
      for (const [name, path] of sources) {
        // Without the pointer to a source map that isn't shipped.
        const source = readFileSync(path, 'utf8').replace(/\n?\/[/*]# sourceMappingURL=.*$/, '');
        this.emitFile({ type: 'asset', fileName: `${DIRECTORY}/${name}`, source });
      }
    },
  };
}

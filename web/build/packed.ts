import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Plugin } from 'vite';

/** Below this a packed file saves nothing worth a second file. */
const LEAST_BYTES = 1_000;

/** Puts each text of the build beside itself once more, packed as well as can be: the server hands it out as it is. */
export function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    writeBundle: {
      order: 'post',
      sequential: true,
      handler({ dir }) {
        if (!dir) throw new Error('the build has no directory');
        for (const file of textsIn(dir)) writeFileSync(`${file}.br`, pack(readFileSync(file)));
      },
    },
  };
}

export function pack(content: Buffer): Buffer {
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  return brotliCompressSync(content, { params });
}

/** The scripts, styles, pictures of text and the page. */
function textsIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => /\.(js|css|svg|html|json|webmanifest)$/.test(path) && statSync(path).size >= LEAST_BYTES);
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from './en';

type Words = { [key: string]: string | Words };

function flatten(words: Words, prefix = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${prefix}${key}`] : flatten(value, `${prefix}${key}.`),
  );
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.|\.gen\.|schema\.ts$/.test(entry.name)
      ? [readFileSync(path, 'utf8')]
      : [];
  });
}

const namespaces = Object.keys(en);
const plural = /_(one|other|zero|two|few|many)$/;
const keys = flatten(en).map((key) => key.replace(plural, ''));

/** Keys stand in the code as 'namespace.key', or as `namespace.key.${choice}` when one of several is meant. */
const code = sources(join(process.cwd(), 'src')).join('\n');
const literal = new RegExp(`['"\`]((?:${namespaces.join('|')})\\.[A-Za-z0-9_.]+)['"\`]`, 'g');
const template = new RegExp(`\`((?:${namespaces.join('|')})\\.[^\`]*\\$\\{[^\`]*)\``, 'g');
const permissions = readFileSync(join(process.cwd(), 'src/features/session/permissions.ts'), 'utf8');
// Permissions look like keys of ours; they aren't words.
const written = new Set(
  [...code.matchAll(literal)].flatMap(([, key]) => (key && !permissions.includes(`'${key}'`) ? [key] : [])),
);
const patterns = [...code.matchAll(template)].map(
  ([, text]) =>
    new RegExp(
      `^${(text ?? '')
        .replace(/\$\{[^}]*\}/g, '<any>')
        .replace(/\./g, '\\.')
        .replace(/<any>/g, '[A-Za-z0-9_]+')}$`,
    ),
);

describe('the words of the console', () => {
  it('are all used', () => {
    const unused = keys.filter((key) => !written.has(key) && !patterns.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });

  it('are all there', () => {
    const known = new Set(keys);
    expect([...written].filter((key) => !known.has(key))).toEqual([]);
    expect(patterns.filter((pattern) => !keys.some((key) => pattern.test(key))).map(String)).toEqual([]);
  });

  it('have both plural forms wherever they have one', () => {
    const all = new Set(flatten(en));
    const stems = new Set([...all].filter((key) => plural.test(key)).map((key) => key.replace(plural, '')));
    for (const stem of stems) expect([all.has(`${stem}_one`), all.has(`${stem}_other`)], stem).toEqual([true, true]);
  });
});

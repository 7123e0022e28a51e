import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from './en';
import { fr } from './fr';

type Words = { [key: string]: string | Words };

/** Every key with its words: `chat.title` → "Chat". */
function flatten(words: Words, prefix = ''): [key: string, words: string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as [string, string]] : flatten(value, `${prefix}${key}.`),
  );
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.|\.gen\.|schema\.ts$|codes\.ts$/.test(entry.name)
      ? [readFileSync(path, 'utf8')]
      : [];
  });
}

const languages: Record<string, Words> = { en, fr };
const namespaces = Object.keys(en);
const plural = /_(one|other|zero|two|few|many)$/;

/** Keys without their plural endings, which differ from language to language. */
function keysOf(words: Words): Set<string> {
  return new Set(flatten(words).map(([key]) => key.replace(plural, '')));
}

function placeholders(text: string): string[] {
  return [...new Set(text.match(/\{\{\w+\}\}/g))].filter((name) => name !== '{{count}}').sort();
}

/** Keys stand in the code as 'namespace.key', or as `namespace.key.${choice}` when one of several is meant. */
const code = sources(join(process.cwd(), 'src')).join('\n');
const literal = new RegExp(`['"\`]((?:${namespaces.join('|')})\\.[A-Za-z0-9_.]+)['"\`]`, 'g');
const template = new RegExp(`\`((?:${namespaces.join('|')})\\.[^\`]*\\$\\{[^\`]*)\``, 'g');
const permissions = readFileSync(join(process.cwd(), 'src/api/codes.ts'), 'utf8');
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

describe.each(Object.entries(languages))('the words of the console in %s', (language, words) => {
  const keys = keysOf(words);

  it('are all used', () => {
    const unused = [...keys].filter((key) => !written.has(key) && !patterns.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });

  it('are all there', () => {
    expect([...written].filter((key) => !keys.has(key))).toEqual([]);
    expect(patterns.filter((pattern) => ![...keys].some((key) => pattern.test(key))).map(String)).toEqual([]);
    expect([...keysOf(en)].filter((key) => !keys.has(key))).toEqual([]);
    expect(flatten(words).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('have each plural form of the language wherever they have one', () => {
    const all = new Set(flatten(words).map(([key]) => key));
    const stems = new Set([...all].filter((key) => plural.test(key)).map((key) => key.replace(plural, '')));
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const missing = [...stems].flatMap((stem) => forms.map((form) => `${stem}_${form}`)).filter((key) => !all.has(key));
    expect(missing).toEqual([]);
  });

  it('leave room for the same values as in English', () => {
    const english = new Map(flatten(en).map(([key, text]) => [key.replace(plural, ''), placeholders(text)]));
    for (const [key, text] of flatten(words)) {
      expect(placeholders(text), key).toEqual(english.get(key.replace(plural, '')));
    }
  });
});

it('follows French typography: curly apostrophes and no line break before double punctuation', () => {
  const careless = flatten(fr).filter(([, text]) => /'|[^\u202f][;?!]|[^\u00a0]:|« |[^\u00a0]»|\.\.\./.test(text));
  expect(careless).toEqual([]);
});

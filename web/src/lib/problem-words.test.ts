import i18next from 'i18next';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCodes, fieldCodes, permissions } from '@/api/codes';
import { type Params, ProblemError } from '@/api/problem';
import { en } from '@/i18n/en';
import { fr } from '@/i18n/fr';
import { showLanguage } from '@/i18n/language';
import { describeFieldProblem, describeProblem } from './problem-words';

const underscored = (permission: string) => permission.replaceAll('.', '_');
const words = (problem: ConstructorParameters<typeof ProblemError>[0]) =>
  describeProblem(i18next.t, new ProblemError(problem));

describe('describeProblem', () => {
  it('gives no request id for what the person can mend', () => {
    const refused = (status: number, code: string) => words({ status, code, request_id: 'r1' }).requestId;
    expect(refused(401, 'invalid_credentials')).toBeUndefined();
    expect(refused(500, 'internal')).toBe('r1');
  });

  it('names what is missing as roles and keeps the request id', () => {
    const { title, detail, requestId } = words({
      status: 403,
      code: 'forbidden',
      permission: 'instance.create',
      request_id: 'r1',
    });
    expect(title).toBe('You may not do this here');
    expect(detail).toContain('“Deploy models” needs the role Admin or Owner.');
    expect(detail).not.toContain('instance.create');
    expect(requestId).toBe('r1');
  });

  it('says when to try again', () => {
    expect(words({ status: 429, code: 'too_many_attempts', retryAfter: 30 }).detail).toBe('Try again in 30 seconds.');
    expect(words({ status: 429, code: 'too_many_attempts', retryAfter: 894 }).detail).toBe('Try again in 15 minutes.');
    expect(words({ status: 429, code: 'too_many_attempts', retryAfter: 85_876 }).detail).toBe('Try again in 24 hours.');
    expect(words({ status: 429, code: 'too_many_attempts' }).detail).toBe('Wait a moment, then try again.');
  });

  it("uses the server's sentence for a code it doesn't know", () => {
    expect(words({ status: 409, code: 'odd_case', title: 'Conflict', detail: 'The server knows why.' })).toEqual({
      title: 'The request was refused',
      detail: 'The server knows why.',
      requestId: undefined,
    });
  });

  it('has its own words for codes it knows, in the language of the person', async () => {
    const stale = { status: 412, code: 'stale', detail: 'The organization was changed by somebody else.' };
    expect(words(stale).title).toBe('Somebody else changed this in the meantime');
    await showLanguage('fr');
    expect(words(stale).title).toBe('Quelqu’un d’autre a modifié ceci entre-temps');
    await showLanguage('en');
  });

  it('tells a server that failed from a server that is not there', () => {
    expect(words({ status: 500, code: 'internal' }).title).toBe('Something went wrong on our side');
    expect(describeProblem(i18next.t, new TypeError('fetch failed')).title).toBe("The server can't be reached");
  });
});

describe('describeFieldProblem', () => {
  const complaint = (code: string, message: string, params?: Params) =>
    describeFieldProblem(i18next.t, { field: 'name', code, message, params });

  afterEach(() => showLanguage('en'));

  it.each<[code: string, message: string, params: Params, english: string, french: string]>([
    [
      'length',
      'must have 1 to 100 characters',
      { min: 1, max: 100, unit: 'characters' },
      'This must have 1 to 100 characters.',
      'Il faut de 1 à 100 caractères.',
    ],
    [
      'length',
      'must have at most 64 entries',
      { min: 0, max: 64, unit: 'entries' },
      'This must have at most 64 entries.',
      'Il faut 64 entrées au plus.',
    ],
    [
      'range',
      'must be 0 to 100000',
      { min: 0, max: 100000, unit: 'number' },
      'This must be 0 to 100000.',
      'Il faut une valeur de 0 à 100000.',
    ],
    [
      'range',
      'must not be after the year 9999',
      { max: 9999, unit: 'years' },
      'This must not be after the year 9999.',
      'L’année ne peut pas dépasser 9999.',
    ],
    [
      'precision',
      'must have at most 6 decimal places',
      { places: 6 },
      'Use at most 6 decimal places.',
      'Utilisez 6 décimales au plus.',
    ],
    [
      'does_not_fit',
      'Llama needs 80 GB of GPU memory, L4 has only 24 GB.',
      { model: 'Llama', instance_type: 'L4', needed_gb: 80, offered_gb: 24 },
      'Llama needs 80 GB of GPU memory and L4 has 24 GB. Choose a larger type.',
      'Llama demande 80 Go de mémoire GPU et L4 en a 24 Go. Choisissez un type plus grand.',
    ],
    [
      'unknown_locale',
      'must be en or fr',
      { allowed: ['en', 'fr'] },
      "This language isn't offered. Choose one of en, fr.",
      'Cette langue n’est pas proposée. Choisissez parmi en, fr.',
    ],
  ])('says %s with its values in both languages', async (code, message, params, english, french) => {
    expect(complaint(code, message, params)).toBe(english);
    await showLanguage('fr');
    expect(complaint(code, message, params)).toBe(french);
  });

  it('reads nothing out of the sentence of the server', () => {
    const params = { min: 2, max: 50, unit: 'characters' };
    expect(complaint('length', 'must have 1 to 100 characters', params)).toBe('This must have 2 to 50 characters.');
  });

  it("makes a sentence of the server's words for a rule it doesn't know", () => {
    expect(complaint('length', 'must have at most 200 characters')).toBe('This must have at most 200 characters.');
    expect(complaint('odd', 'Ask somebody.')).toBe('Ask somebody.');
  });
});

describe.each(['en', 'fr'] as const)('every code of the server in %s', (language) => {
  beforeEach(() => showLanguage(language));
  afterEach(() => showLanguage('en'));

  const example = (names: readonly string[]): Params =>
    Object.fromEntries(names.map((name) => [name, name === 'unit' ? 'number' : `<${name}>`]));
  const english = 'the sentence of the server';

  it.each(Object.entries(errorCodes))('%s has words', (code, names) => {
    const problem = { status: 409, code, params: example(names), permission: 'a.b', detail: english };
    const { title, detail } = words(problem);
    expect(title).not.toBe(i18next.t('problems.refused'));
    expect(detail).toBeTruthy();
    expect(`${title} ${detail}`).not.toMatch(/sentence of the server|\{\{/);
  });

  it.each(Object.entries(fieldCodes))('the rule %s has words', (code, names) => {
    const text = describeFieldProblem(i18next.t, { field: 'f', code, message: english, params: example(names) });
    expect(text).not.toMatch(/sentence of the server|\{\{/);
  });
});

it('has no words for codes that the server never sends', () => {
  expect(Object.keys(en.problems.code).filter((code) => !(code in errorCodes))).toEqual(['passkey_cancelled']);
  expect(Object.keys(en.problems.fieldCode).filter((code) => !(code in fieldCodes))).toEqual([]);
  expect(Object.keys(en.problems.permission).toSorted()).toEqual(permissions.map(underscored).toSorted());
});

it.each(Object.entries({ en, fr }))('asks in %s only for values that the server sends', (_, { problems }) => {
  const asked = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '');
  const fields: Record<string, readonly string[]> = { ...fieldCodes };
  for (const [code, text] of Object.entries(problems.fieldCode))
    expect(fields[code], code).toEqual(expect.arrayContaining(asked(text)));
  const refusals: Record<string, readonly string[]> = { ...errorCodes, forbidden: ['label', 'roles'] };
  for (const [code, { title, detail }] of Object.entries(problems.code))
    expect(refusals[code] ?? [], code).toEqual(expect.arrayContaining(asked(title + detail)));
});

it('has French words of its own for each code, rule, permission and failure', () => {
  const texts = (words: typeof en | typeof fr): [key: string, text: string][] => [
    ...Object.entries(words.problems.code).map(
      ([code, { title, detail }]) => [code, title + detail] as [string, string],
    ),
    ...Object.entries(words.problems.fieldCode),
    ...Object.entries(words.problems.permission),
    ...Object.entries(words.instances.failure),
  ];
  const english = texts(en);
  expect(texts(fr).filter(([, text], index) => text === english[index]?.[1])).toEqual([]);
});

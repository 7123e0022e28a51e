import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next from 'i18next';
import { expect, it } from 'vitest';
import { permissions } from '@/api/codes';
import { rolesInWords, rolesWith } from './permission-roles';

/** The server's matrix: a row is `| permission | P | U | M | A | O | PA |`. */
const matrix = readFileSync(join(process.cwd(), '../docs/generated/permissions.md'), 'utf8');

it('says of each permission the roles that the server gives it to', () => {
  const rows = [...matrix.matchAll(/^\| (\w+\.[\w.]+) \|(.*)\|$/gm)];
  const read = rows.map(([, permission = '', cells = '']) => {
    const marks = cells.split('|').map((cell) => cell.trim());
    const roles = ['user', 'manager', 'admin', 'owner'].filter((_, index) => marks[index + 1] === '✓');
    return [permission, roles];
  });
  expect(read).toHaveLength(permissions.length);
  expect(Object.fromEntries(permissions.map((permission) => [permission, rolesWith(permission)]))).toEqual(
    Object.fromEntries(read),
  );
});

it.each([
  ['finops.read', 'en', 'Manager, Admin or Owner'],
  ['organization.policy', 'en', 'Owner'],
  ['user.remove_second_factors', 'en', 'Platform admin'],
])('names them: %s', (permission, language, words) => {
  expect(rolesInWords(i18next.t, language, permission)).toBe(words);
});

import { expect, it } from 'vitest';
import { sectionOf } from './section';

const router = {
  routesByPath: {
    '/': {},
    '/instances': {},
    '/instances/deploy': {},
    '/instances/$instanceId': {},
    '/organization/members': {},
    '/account': {},
  },
} as never;

it('goes up to the list from what a path shows one of, and stays on any other page', () => {
  expect(sectionOf(router, '/instances/deploy')).toBe('/instances');
  expect(sectionOf(router, '/instances/0197')).toBe('/instances');
  expect(sectionOf(router, '/organization/members')).toBe('/organization/members');
  expect(sectionOf(router, '/account')).toBe('/account');
});

it('goes to the first page from an address that has none', () => {
  expect(sectionOf(router, '/')).toBe('/');
  expect(sectionOf(router, '/gone/for/good')).toBe('/');
});

import type { LinkProps, RegisteredRouter } from '@tanstack/react-router';

type Section = NonNullable<LinkProps['to']>;

/** The page of a path, or the list above it where the path shows one thing: where to be when that thing belongs to another workspace. */
export function sectionOf(router: Pick<RegisteredRouter, 'routesByPath'>, pathname: string): Section {
  const parts = pathname.split('/').filter(Boolean);
  const above = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  return above.find((path): path is Section => path in router.routesByPath) ?? '/';
}

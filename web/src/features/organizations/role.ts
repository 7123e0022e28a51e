import type { TFunction } from 'i18next';
import { roles as fromLowest, type Role } from '@/api/codes';

export type { Role };

/** From the highest to the lowest. */
export const roles = [...fromLowest].reverse();

/** A role in words; for showing only. What somebody may do comes from their permissions. */
export function roleLabel(t: TFunction, role: string): string {
  return roles.includes(role as Role) ? t(`organizations.role.${role as Role}`) : role;
}

/** A role the console knows, for choosing among them; an unknown one counts as the least. */
export function asRole(role: string): Role {
  return roles.find((known) => known === role) ?? 'user';
}

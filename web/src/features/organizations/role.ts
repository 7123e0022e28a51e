import type { TFunction } from 'i18next';

const roles = ['owner', 'admin', 'manager', 'user'] as const;
type Role = (typeof roles)[number];

/** A role in words; for showing only. What somebody may do comes from their permissions. */
export function roleLabel(t: TFunction, role: string): string {
  return roles.includes(role as Role) ? t(`organizations.role.${role as Role}`) : role;
}

import type { TFunction } from 'i18next';
import type { Permission, Role } from '@/api/codes';

/**
 * Which roles of an organization bring a permission, to be said in words; nothing is decided from it. A test compares it with the matrix
 * of the server.
 */
const letters: Record<Permission, string> = {
  'profile.manage': 'UMAO',
  'session.manage': 'UMAO',
  'organization.create': 'UMAO',
  'organization.list': 'UMAO',
  'events.read': 'UMAO',
  'chat.use': 'UMAO',
  'workbench.use': 'UMAO',
  'workbench.share': 'UMAO',
  'gateway.use': 'UMAO',
  'usage.read_own': 'UMAO',
  'organization.read': 'UMAO',
  'member.read': 'UMAO',
  'organization.update': 'AO',
  'organization.policy': 'O',
  'organization.delete': 'O',
  'member.assign_role': 'MAO',
  'member.remove': 'MAO',
  'member.leave': 'UMAO',
  'invitation.read': 'MAO',
  'invitation.create': 'MAO',
  'invitation.revoke': 'MAO',
  'user.read': 'UMAO',
  'user.create': 'AO',
  'user.update': 'AO',
  'user.delete': 'AO',
  'user.remove_second_factors': '',
  'instance.read': 'UMAO',
  'instance.metrics': 'UMAO',
  'observability.read': 'UMAO',
  'action_log.read': 'UMAO',
  'instance.create': 'AO',
  'instance.update': 'AO',
  'instance.reinstall': 'AO',
  'instance.drain': 'AO',
  'instance.terminate': 'AO',
  'instance.archive': 'AO',
  'instance.activate_tech': 'AO',
  'instance.activate_eco': 'MO',
  'reconcile.run': 'AO',
  'model.read': 'UMAO',
  'model.create': 'AO',
  'model.update': 'AO',
  'model.delete': 'AO',
  'model.price': 'MO',
  'model.activate_tech': 'AO',
  'model.activate_eco': 'MO',
  'offering.read': 'UMAO',
  'offering.publish': 'AO',
  'offering.update': 'AO',
  'offering.unpublish': 'AO',
  'offering.price': 'MO',
  'offering.activate_tech': 'AO',
  'offering.activate_eco': 'MO',
  'share.read': 'MAO',
  'share.grant': 'MO',
  'share.price': 'MO',
  'share.pause': 'MO',
  'share.resume': 'MO',
  'share.revoke': 'MO',
  'access_request.decide': 'MO',
  'catalogue.browse': 'UMAO',
  'access_request.create': 'MAO',
  'api_key.read': 'UMAO',
  'api_key.create': 'AO',
  'api_key.update': 'AO',
  'api_key.revoke': 'AO',
  'finops.read': 'MAO',
  'finops.export': 'MAO',
  'wallet.read': 'MAO',
  'budget.manage': 'MO',
  'wallet.top_up': 'MO',
  'wallet.credit': '',
  'provider_credential.read': 'MAO',
  'provider_credential.manage': 'AO',
  'settings.read': 'MAO',
  'settings.manage': '',
  'platform.organization.read': '',
  'platform.job.read': '',
  'platform.job.retry': '',
  'audit.read': 'MAO',
};

const roleOf: Record<string, Role> = { U: 'user', M: 'manager', A: 'admin', O: 'owner' };

/** From the lowest to the highest; none for what only the platform's admins may do, or for a permission this console doesn't know. */
export function rolesWith(permission: string): Role[] {
  const found = letters[permission as Permission] ?? '';
  return [...found].flatMap((letter) => roleOf[letter] ?? []);
}

/** The roles as they stand in a sentence: "Manager, Admin or Owner". */
export function rolesInWords(t: TFunction, language: string, permission: string): string {
  const roles = rolesWith(permission).map((role) => t(`organizations.role.${role}`));
  if (roles.length === 0) return t('problems.platformAdminRole');
  // Our English is British: no comma before the last.
  return new Intl.ListFormat(language === 'en' ? 'en-GB' : language, { type: 'disjunction' }).format(roles);
}

import type { TFunction } from 'i18next';
import type { InvitationStatus } from '@/api/codes';
import type { Tone } from '@/components/ui/badge';

const tones = {
  pending: 'info',
  needs_approval: 'warning',
  accepted: 'success',
  expired: 'neutral',
  revoked: 'neutral',
} as const satisfies Record<InvitationStatus, Tone>;

export const invitationStatuses = Object.keys(tones) as InvitationStatus[];

function isKnown(status: string): status is InvitationStatus {
  return Object.hasOwn(tones, status);
}

export function invitationTone(status: string): Tone {
  return isKnown(status) ? tones[status] : 'neutral';
}

/** The state in words; one this console doesn't know yet is shown as the server calls it. */
export function invitationStatusLabel(t: TFunction, status: string): string {
  return isKnown(status) ? t(`invitations.status.${status}`) : status;
}

/** Neither accepted nor withdrawn: it can be sent again or withdrawn. */
export function isOpen(status: string): boolean {
  return status === 'pending' || status === 'needs_approval' || status === 'expired';
}

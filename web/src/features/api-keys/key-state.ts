import type { TFunction } from 'i18next';
import type { ApiKey } from '@/api/shapes';
import type { Tone } from '@/components/ui/badge';

const tones = { active: 'success', rotating: 'info', expired: 'warning', revoked: 'neutral' } as const satisfies Record<
  string,
  Tone
>;
type State = keyof typeof tones;

/** What the list can be limited to: the states, and the active ones that end within a week. */
export const keyStatuses = ['active', 'expiring', 'rotating', 'expired', 'revoked'] as const;
export type KeyStatus = (typeof keyStatuses)[number];

const known = (state: string): state is State => state in tones;

export function keyTone(state: string): Tone {
  return known(state) ? tones[state] : 'neutral';
}

/** The state in words; one this console doesn't know yet is shown as the server calls it. */
export function keyStateLabel(t: TFunction, state: string): string {
  return known(state) ? t(`apiKeys.state.${state}`) : state;
}

/** Does it still open anything? */
export function keyWorks({ state }: Pick<ApiKey, 'state'>): boolean {
  return state === 'active' || state === 'rotating';
}

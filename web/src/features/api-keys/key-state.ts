import type { TFunction } from 'i18next';
import type { KeyStatus } from '@/api/codes';
import type { ApiKey } from '@/api/shapes';
import type { Tone } from '@/components/ui/badge';

/** One that will expire soon is active until then. */
type State = Exclude<KeyStatus, 'expiring'>;

const tones: Record<State, Tone> = { active: 'success', rotating: 'info', expired: 'warning', revoked: 'neutral' };

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

import type { TFunction } from 'i18next';
import type { Tone } from '@/components/ui/badge';

const tones = { active: 'success', expired: 'warning', revoked: 'neutral' } as const satisfies Record<string, Tone>;
type State = keyof typeof tones;

const known = (state: string): state is State => state in tones;

export function keyTone(state: string): Tone {
  return known(state) ? tones[state] : 'neutral';
}

export function keyStateLabel(t: TFunction, state: string): string {
  return known(state) ? t(`apiKeys.state.${state}`) : state;
}

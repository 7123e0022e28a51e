import i18next, { type TFunction } from 'i18next';
import type { Job } from '@/api/shapes';
import type { Tone } from '@/components/ui/badge';
import type { en } from '@/i18n/en';

export type JobState = Job['state'];

const tones = { waiting: 'info', done: 'success', dead: 'danger' } as const satisfies Record<JobState, Tone>;

export const jobStates = Object.keys(tones) as JobState[];

const known = (state: string): state is JobState => Object.hasOwn(tones, state);

export function jobTone(state: string): Tone {
  return known(state) ? tones[state] : 'neutral';
}

/** The state in words; one this console doesn't know yet is shown as the server calls it. */
export function jobStateLabel(t: TFunction, state: string): string {
  return known(state) ? t(`jobs.state.${state}`) : state;
}

/** What is to be done, in words; a kind this console doesn't know yet is shown as the server calls it. */
export function jobKindLabel(t: TFunction, kind: string): string {
  const key = kind.replaceAll('.', '_');
  return i18next.exists(`jobs.kind.${key}`) ? t(`jobs.kind.${key as keyof typeof en.jobs.kind}`) : kind;
}

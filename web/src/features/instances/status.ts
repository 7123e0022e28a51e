import type { TFunction } from 'i18next';
import type { Instance } from '@/api/shapes';
import type { Tone } from '@/components/ui/badge';
import { shortId } from '@/lib/short-id';

export const steps = [
  'accepted',
  'server_created',
  'server_started',
  'address_known',
  'worker_registered',
  'engine_answers',
  'model_loaded',
  'warmed_up',
  'health_checked',
  'ready',
] as const;
export type Step = (typeof steps)[number];

const statuses = {
  awaiting_approval: { tone: 'warning', group: 'live' },
  provisioning: { tone: 'info', group: 'live' },
  booting: { tone: 'info', group: 'live' },
  installing: { tone: 'info', group: 'live' },
  starting: { tone: 'info', group: 'live' },
  ready: { tone: 'success', group: 'live' },
  unavailable: { tone: 'danger', group: 'live' },
  draining: { tone: 'warning', group: 'live' },
  terminating: { tone: 'warning', group: 'live' },
  provisioning_failed: { tone: 'danger', group: 'failed' },
  startup_failed: { tone: 'danger', group: 'failed' },
  failed: { tone: 'danger', group: 'failed' },
  terminated: { tone: 'neutral', group: 'ended' },
  archived: { tone: 'neutral', group: 'ended' },
} as const satisfies Record<string, { tone: Tone; group: 'live' | 'failed' | 'ended' }>;
export type Status = keyof typeof statuses;

const known = (status: string): status is Status => status in statuses;

export function statusTone(status: string): Tone {
  return known(status) ? statuses[status].tone : 'neutral';
}

export function statusGroup(status: string): 'live' | 'failed' | 'ended' {
  return known(status) ? statuses[status].group : 'live';
}

/** The status in words; a status this console doesn't know yet is shown as the server calls it. */
export function statusLabel(t: TFunction, status: string): string {
  return known(status) ? t(`instances.status.${status}`) : status;
}

const reasons = [
  'requested',
  'approved',
  'server_running',
  'worker_registered',
  'engine_started',
  'health_checked',
  'signals_lost',
  'recovered',
  'drain_requested',
  'drain_cancelled',
  'drained',
  'termination_requested',
  'cleanup_needed',
  'gone_at_provider',
  'provisioning_failed',
  'startup_failed',
  'failed',
  'late_worker',
  'reinstall_requested',
  'archived',
] as const;

/** Why it moved, in words; a reason this console doesn't know yet is shown as the server calls it. */
export function reasonLabel(t: TFunction, reason: string): string {
  const known = reasons.find((entry) => entry === reason);
  return known ? t(`instances.reason.${known}`) : reason;
}

/** On its way to ready: worth a progress bar. */
export function isComingUp(status: string): boolean {
  return ['provisioning', 'booting', 'installing', 'starting'].includes(status);
}

export function canTerminate(instance: Instance): boolean {
  return statusGroup(instance.status) !== 'ended' && instance.status !== 'terminating';
}

/** How many of `steps` are done. */
export function stepsDone(instance: Pick<Instance, 'status' | 'progress_step'>): number {
  if (instance.status === 'ready') return steps.length;
  return steps.indexOf(instance.progress_step as Step) + 1;
}

/** What people call an instance: its model and the end of its id. */
export function instanceName(instance: { id: string; model_name: string }): string {
  return `${instance.model_name} · ${shortId(instance.id)}`;
}

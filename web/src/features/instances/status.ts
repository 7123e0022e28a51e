import type { TFunction } from 'i18next';
import { failureCodes, type InstanceStatus, type InstanceStep, instanceReasons, instanceSteps } from '@/api/codes';
import type { Instance } from '@/api/shapes';
import type { Tone } from '@/components/ui/badge';
import { shortId } from '@/lib/short-id';

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
} as const satisfies Record<InstanceStatus, { tone: Tone; group: 'live' | 'failed' | 'ended' }>;
const known = (status: string): status is InstanceStatus => status in statuses;

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

/** What keeps it from serving and what to do, in words; nothing for what a newer worker reports. */
export function failureLabel(t: TFunction, code: string | null | undefined): string | undefined {
  const known = failureCodes.find((entry) => entry === code);
  return known && t(`instances.failure.${known}`);
}

/** Why it moved, in words; a reason this console doesn't know yet is shown as the server calls it. */
export function reasonLabel(t: TFunction, reason: string): string {
  const known = instanceReasons.find((entry) => entry === reason);
  return known ? t(`instances.reason.${known}`) : reason;
}

/** On its way to ready: worth a progress bar. */
export function isComingUp(status: string): boolean {
  return ['provisioning', 'booting', 'installing', 'starting'].includes(status);
}

/** Asked to end: it takes no new requests and needs no word any more. */
export function isLeaving(status: string): boolean {
  return status === 'draining' || status === 'terminating';
}

export function canTerminate(instance: Instance): boolean {
  return statusGroup(instance.status) !== 'ended' && !isLeaving(instance.status);
}

/** How many of `steps` are done. */
export function stepsDone(instance: Pick<Instance, 'status' | 'progress_step'>): number {
  if (instance.status === 'ready') return instanceSteps.length;
  return instanceSteps.indexOf(instance.progress_step as InstanceStep) + 1;
}

type Nameable = { name?: string | null; model_name: string };

/** What an instance is headed by, where its id stands beside: the name that people gave it, else its model's. */
export function instanceTitle({ name, model_name }: Nameable): string {
  return name ?? model_name;
}

/** What people call an instance: the name that they gave it, else its model and the end of its id. */
export function instanceName({ id, name, model_name }: Nameable & { id: string }): string {
  return name ?? `${model_name} · ${shortId(id)}`;
}

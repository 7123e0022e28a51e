import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { ArrowRight, CircleCheck, CircleDashed } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Card } from '@/components/ui/card';
import { keyWorks } from '@/features/api-keys/key-state';
import { apiKeysQuery } from '@/features/api-keys/queries';
import { chatModelsQuery } from '@/features/chat/queries';
import { instancesQuery } from '@/features/instances/queries';
import { statusGroup } from '@/features/instances/status';
import { useCan, useMe } from '@/features/session/session';
import { startOfLastDays, usageQuery } from '@/features/usage/queries';
import { cn } from '@/lib/class-names';
import { DAYS } from './period';

type NextStep = {
  id: 'organization' | 'deploy' | 'activate' | 'key' | 'request';
  done: boolean;
  link: Pick<LinkProps, 'to' | 'params' | 'search'>;
};

/** The way from an empty workspace to a first answer; gone once it has been walked. */
export function NextSteps({ steps }: { steps: NextStep[] }) {
  const { t } = useTranslation();
  if (steps.every(({ done }) => done)) return null;
  const next = steps.find(({ done }) => !done)?.id;
  return (
    <Card title={t('dashboard.next')} description={t('dashboard.nextDetail')}>
      <ol className="grid gap-2 sm:grid-cols-2">
        {steps.map(({ id, done, link }) => {
          const isNext = id === next;
          const Icon = done ? CircleCheck : CircleDashed;
          return (
            <li key={id} aria-current={isNext ? 'step' : undefined}>
              <Link
                {...link}
                className={cn(
                  'group flex h-full items-center gap-3 rounded-xl border px-3.5 py-3 transition-colors hover:bg-sunken',
                  isNext ? 'border-primary bg-primary/5' : 'border-border',
                )}
              >
                <Icon
                  className={cn(
                    'size-5 shrink-0',
                    done ? 'text-success' : isNext ? 'text-primary dark:text-ring' : 'text-muted',
                  )}
                  aria-hidden
                />
                <span className="min-w-0 flex-1">
                  <span className={cn('block font-medium', done && 'text-muted')}>
                    {t(`dashboard.step.${id}`)}
                    {done && <span className="sr-only"> ({t('common.done')})</span>}
                  </span>
                  <span className="block text-[13px] text-muted">{t(`dashboard.stepDetail.${id}`)}</span>
                </span>
                <ArrowRight
                  className="size-4 text-muted transition-transform group-hover:translate-x-0.5"
                  aria-hidden
                />
              </Link>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

/** What of the way this person may walk here; undefined until everything needed to tell is known, none where that can't be had. */
export function useNextSteps(): NextStep[] | undefined {
  const me = useMe();
  const canReadInstances = useCan('instance.read');
  const canDeploy = useCan('instance.create');
  const canActivateTech = useCan('instance.activate_tech');
  const canActivateEco = useCan('instance.activate_eco');
  const canCreateKey = useCan('api_key.create');
  const instances = useQuery({ ...instancesQuery, enabled: canReadInstances });
  const keys = useQuery(apiKeysQuery);
  const models = useQuery(chatModelsQuery);
  const usage = useQuery(usageQuery('day', startOfLastDays(DAYS), false));
  if ([instances, keys, models, usage].some(({ isError }) => isError)) return [];
  if (!keys.data || !models.data || !usage.data || (canReadInstances && !instances.data)) return undefined;

  const live = instances.data?.items.filter(({ status }) => statusGroup(status) === 'live') ?? [];
  const waiting = live.find(
    ({ missing_activations: missing }) =>
      (canActivateTech && missing.includes('tech')) || (canActivateEco && missing.includes('eco')),
  );
  const steps: NextStep[] = [];
  if (!me.current_organization_id) steps.push({ id: 'organization', done: false, link: { to: '/organizations' } });
  if (canDeploy) steps.push({ id: 'deploy', done: live.length > 0, link: { to: '/instances/deploy' } });
  if (waiting) {
    steps.push({
      id: 'activate',
      done: false,
      link: { to: '/instances/$instanceId', params: { instanceId: waiting.id } },
    });
  } else if (canDeploy && live.length > 0) {
    steps.push({ id: 'activate', done: true, link: { to: '/instances' } });
  }
  if (canCreateKey) {
    const done = keys.data.items.some(keyWorks);
    steps.push({ id: 'key', done, link: { to: '/api-keys', search: { create: true } } });
  }
  steps.push({ id: 'request', done: usage.data.total.requests > 0, link: { to: '/chat' } });
  return steps;
}

import { Check, Circle, LoaderCircle } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { instanceSteps } from '@/api/codes';
import type { Instance } from '@/api/shapes';
import { Card } from '@/components/ui/card';
import { Progress } from '@/components/ui/progress';
import { cn } from '@/lib/class-names';
import { isComingUp, statusLabel, stepsDone } from './status';

/** How far a new instance has come. Only while it is coming up, or where it stopped. */
export function ProgressCard({ instance }: { instance: Instance }) {
  const { t } = useTranslation();
  const comingUp = isComingUp(instance.status);
  if (!comingUp && instance.status !== 'provisioning_failed' && instance.status !== 'startup_failed') return null;
  const done = stepsDone(instance);
  return (
    <Card
      title={t('instances.progress')}
      actions={<span className="font-medium text-sm tabular-nums">{instance.progress_percent} %</span>}
    >
      <Progress label={t('instances.progress')} percent={instance.progress_percent} className="h-2" />
      <p role="status" className="sr-only">
        {statusLabel(t, instance.status)}, {instance.progress_percent} %
      </p>
      <ol className="mt-4 grid gap-x-6 gap-y-1.5 sm:grid-cols-2">
        {instanceSteps.map((step, index) => {
          const isDone = index < done;
          const isNext = comingUp && index === done;
          const Icon = isDone ? Check : isNext ? LoaderCircle : Circle;
          return (
            <li
              key={step}
              aria-current={isNext ? 'step' : undefined}
              className={cn('flex items-center gap-2 text-[13px]', !isDone && !isNext && 'text-muted')}
            >
              <Icon
                aria-hidden
                className={cn(
                  'size-4 shrink-0',
                  isDone && 'text-success',
                  isNext && 'animate-spin text-primary dark:text-ring',
                )}
              />
              {t(`instances.step.${step}`)}
              {isDone && <span className="sr-only">{t('common.done')}</span>}
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

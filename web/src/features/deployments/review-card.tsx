import { useQuery } from '@tanstack/react-query';
import { Rocket } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { InstanceType, Model, Zone } from '@/api/shapes';
import { Facts } from '@/components/facts';
import { Loaded } from '@/components/loaded';
import { Money } from '@/components/money';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Notice } from '@/components/ui/notice';
import { Skeleton } from '@/components/ui/skeleton';
import { useFormat } from '@/lib/format';
import { type DeploymentChoice, deploymentChoice, seemsToFit, totalVram } from './choice';
import { dryRunQuery } from './queries';

type ReviewCardProps = {
  choice: Partial<DeploymentChoice>;
  model?: Model;
  zone?: Zone;
  type?: InstanceType;
  pending: boolean;
  /** What is asked last. */
  children: ReactNode;
};

/** The last step: what was chosen, what the server says about it, what it costs, and the button. */
export function ReviewCard({ choice, model, zone, type, pending, children }: ReviewCardProps) {
  const { t } = useTranslation();
  const complete = deploymentChoice.safeParse(choice);
  return (
    <Card title={t('deploy.review')}>
      <div className="grid gap-4">
        <Facts
          facts={[
            [t('deploy.model'), model?.name ?? '–'],
            [t('deploy.zone'), zone?.name ?? '–'],
            [t('deploy.type'), type?.name ?? '–'],
          ]}
        />
        {children}
        {complete.success ? (
          <Verdict choice={complete.data} model={model} type={type} pending={pending} />
        ) : (
          <>
            <p className="text-[13px] text-muted">{t('deploy.incomplete')}</p>
            <DeployButton pending={pending} />
          </>
        )}
      </div>
    </Card>
  );
}

type VerdictProps = Pick<ReviewCardProps, 'model' | 'type' | 'pending'> & { choice: DeploymentChoice };

function Verdict({ choice, model, type, pending }: VerdictProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useQuery(dryRunQuery(choice));
  // The server's sentences are English: the usual reason is told in the reader's language.
  const reasons = (stated: string[]) =>
    model && type && !seemsToFit(type, model)
      ? [
          t('deploy.tooSmallDetail', {
            needed: format.integer(model.required_vram_gb),
            offered: format.integer(totalVram(type)),
          }),
        ]
      : stated;
  return (
    <Loaded query={query} skeleton={<Skeleton className="h-28" />}>
      {(verdict) => (
        <div className="grid gap-4">
          <div>
            <p className="text-[13px] text-muted">{t('deploy.price')}</p>
            <p className="font-semibold text-2xl tabular-nums">
              <Money price value={verdict.cost_per_hour_eur} within={(price) => t('common.perHour', { price })} />
            </p>
            <p className="text-[13px] text-muted">{t('deploy.billing')}</p>
          </div>
          {verdict.fits ? (
            <Notice tone="success" role="status" title={t('deploy.modelFits')} />
          ) : (
            <Notice tone="danger" role="alert" title={t('deploy.modelDoesNotFit')}>
              <ul className="list-inside list-disc">
                {reasons(verdict.reasons).map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </Notice>
          )}
          <DeployButton pending={pending} disabled={!verdict.fits} />
        </div>
      )}
    </Loaded>
  );
}

function DeployButton({ pending, disabled }: { pending: boolean; disabled?: boolean }) {
  const { t } = useTranslation();
  return (
    <Button type="submit" variant="primary" pending={pending} disabled={disabled} className="w-full">
      <Rocket aria-hidden />
      {t('deploy.deploy')}
    </Button>
  );
}

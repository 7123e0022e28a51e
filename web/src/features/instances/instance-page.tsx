import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { Instance } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Facts } from '@/components/facts';
import { Loaded } from '@/components/loaded';
import { Money } from '@/components/money';
import { Page } from '@/components/page';
import { MissingThing } from '@/components/route-problem';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Skeleton } from '@/components/ui/skeleton';
import { ActivationCard } from '@/features/activation/activation-card';
import { chatModelsQuery } from '@/features/chat/queries';
import { ScopeBadge } from '@/features/session/scope-badge';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { useTabTitle } from '@/lib/tab-title';
import { FailureNotice } from './failure-notice';
import { HistoryCard } from './history-card';
import { usePlaceName } from './places';
import { ProgressCard } from './progress-card';
import { instanceQuery } from './queries';
import { RenameButton } from './rename-button';
import { canTerminate, instanceName, instanceTitle, isLeaving, statusGroup } from './status';
import { StatusBadge } from './status-badge';

/** The live stream says when something changed; this is the net below it. */
const REFRESH_MS = 15_000;

export function InstancePage({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({
    ...instanceQuery(id),
    refetchInterval: ({ state }) => (state.data && statusGroup(state.data.status) === 'ended' ? false : REFRESH_MS),
  });
  return (
    <Loaded
      query={query}
      skeleton={<InstanceSkeleton />}
      missing={
        <MissingThing>
          <Link to="/instances">{t('instances.title')}</Link>
        </MissingThing>
      }
    >
      {(instance) => <InstanceDetail instance={instance} />}
    </Loaded>
  );
}

function InstanceDetail({ instance }: { instance: Instance }) {
  const { t } = useTranslation();
  useTabTitle(instanceName(instance));
  const ended = statusGroup(instance.status) === 'ended';
  return (
    <Page
      title={instanceTitle(instance)}
      description={
        <span className="flex flex-wrap items-center gap-2">
          {instance.name && <span>{instance.model_name}</span>}
          <StatusBadge status={instance.status} />
          <ScopeBadge organizationId={instance.organization_id} scope={instance.scope} />
          <code className="font-mono text-xs">{instance.id}</code>
        </span>
      }
      above={<Link to="/instances">{t('instances.title')}</Link>}
      actions={
        <>
          <RenameButton instance={instance} />
          <TerminateButton instance={instance} />
        </>
      }
    >
      {instance.error_message && <FailureNotice code={instance.error_code} message={instance.error_message} />}
      <div className="grid items-start gap-5 lg:grid-cols-5">
        <div className="grid min-w-0 gap-5 lg:col-span-3">
          <ProgressCard instance={instance} />
          {!ended && !isLeaving(instance.status) && (
            <ActivationCard
              noun="instance"
              name={instanceName(instance)}
              resource={instance}
              next={instance.status === 'ready' && <FirstUse modelName={instance.model_name} />}
            />
          )}
          <HistoryCard id={instance.id} />
        </div>
        <div className="grid min-w-0 gap-5 lg:col-span-2">
          <CostCard instance={instance} />
          <ServerCard instance={instance} />
        </div>
      </div>
    </Page>
  );
}

/** Where the way leads once the instance answers. */
function FirstUse({ modelName }: { modelName: string }) {
  const { t } = useTranslation();
  const canCreateKey = useCan('api_key.create');
  const models = useQuery(chatModelsQuery);
  const model = models.data?.items.find(({ name, is_ready }) => name === modelName && is_ready);
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1">
      {model && (
        <Link to="/chat" search={{ model: model.id }} className="underline underline-offset-4">
          {t('models.tryInChat')}
        </Link>
      )}
      {canCreateKey && (
        <Link to="/api-keys" search={{ create: true }} className="underline underline-offset-4">
          {t('apiKeys.create')}
        </Link>
      )}
    </p>
  );
}

function TerminateButton({ instance }: { instance: Instance }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const allowed = useCan('instance.terminate');
  const [asking, setAsking] = useState(false);
  if (!allowed || !canTerminate(instance)) return null;
  const terminate = async () => {
    await api.DELETE('/instances/{id}', { params: { path: { id: instance.id } } });
    await queries.invalidateQueries({ queryKey: ['instances'] });
  };
  return (
    <>
      <Button variant="dangerOutline" onClick={() => setAsking(true)}>
        <Trash2 aria-hidden />
        {t('instances.terminate')}
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('instances.terminateTitle', { name: instanceName(instance) })}
        confirmLabel={t('instances.terminateConfirm')}
        onConfirm={terminate}
      >
        {t('instances.terminateDetail')}
      </ConfirmDialog>
    </>
  );
}

function CostCard({ instance }: { instance: Instance }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card title={t('instances.costSoFar')}>
      <p className="font-semibold text-2xl tabular-nums">
        <Money value={instance.cost_to_date_eur} />
      </p>
      <p className="mt-1 text-[13px] text-muted">
        <Money price value={instance.cost_per_hour_eur} within={(price) => t('common.perHour', { price })} />
        {instance.billed_since && ` · ${t('instances.billedSince', { when: format.dateTime(instance.billed_since) })}`}
      </p>
    </Card>
  );
}

function ServerCard({ instance }: { instance: Instance }) {
  const { t } = useTranslation();
  const placeName = usePlaceName();
  const ended = statusGroup(instance.status) === 'ended';
  const format = useFormat();
  return (
    <Card title={t('instances.server')}>
      <Facts
        facts={[
          [t('instances.fact.provider'), instance.provider_code],
          [t('instances.fact.zone'), placeName(instance.zone_code)],
          [t('instances.fact.type'), instance.instance_type_code],
          [
            t('instances.fact.gpus'),
            instance.gpu_count > 0
              ? t('instances.gpus', { count: instance.gpu_count, vram: instance.vram_gb })
              : t('instances.noGpu'),
          ],
          [t('instances.fact.address'), instance.address],
          [t('instances.fact.worker'), instance.worker_version],
          [
            t('instances.fact.heartbeat'),
            !ended && instance.last_heartbeat_at && format.ago(instance.last_heartbeat_at),
          ],
          [t('instances.fact.queue'), instance.queue_depth?.toString()],
          [t('instances.fact.created'), format.dateTime(instance.created_at)],
          [t('instances.fact.ready'), instance.ready_at && format.dateTime(instance.ready_at)],
          [t('instances.fact.terminated'), instance.terminated_at && format.dateTime(instance.terminated_at)],
        ]}
      />
    </Card>
  );
}

function InstanceSkeleton() {
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-5">
      <Skeleton className="h-12 w-72" />
      <div className="grid gap-5 lg:grid-cols-5">
        <Skeleton className="h-96 lg:col-span-3" />
        <Skeleton className="h-64 lg:col-span-2" />
      </div>
    </div>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MessageSquare, Rocket } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Model } from '@/api/shapes';
import { CopyButton } from '@/components/copy-button';
import { Facts } from '@/components/facts';
import { Loaded } from '@/components/loaded';
import { Money } from '@/components/money';
import { Page } from '@/components/page';
import { MissingThing } from '@/components/route-problem';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Skeleton } from '@/components/ui/skeleton';
import { ActivationCard } from '@/features/activation/activation-card';
import { OperationalBadge } from '@/features/activation/operational-badge';
import { ScopeBadge } from '@/features/session/scope-badge';
import { useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';
import { useTabTitle } from '@/lib/tab-title';
import { engineLabel } from './engine';
import { ModelActs } from './model-acts';
import { modelQuery } from './queries';
import type { ModelDialog } from './search';

type ModelPageProps = { id: string; dialog: ModelDialog; onDialog: (dialog: ModelDialog) => void };

export function ModelPage({ id, dialog, onDialog }: ModelPageProps) {
  const { t } = useTranslation();
  const query = useQuery(modelQuery(id));
  return (
    <Loaded
      query={query}
      skeleton={<Skeleton className="mx-auto h-96 w-full max-w-6xl" />}
      missing={
        <MissingThing>
          <Link to="/models">{t('models.title')}</Link>
        </MissingThing>
      }
    >
      {(model) => <ModelDetail model={model} acts={<ModelActs model={model} dialog={dialog} onDialog={onDialog} />} />}
    </Loaded>
  );
}

function ModelDetail({ model, acts }: { model: Model; acts: ReactNode }) {
  const { t } = useTranslation();
  const canDeploy = useCan('instance.create');
  useTabTitle(model.name);
  return (
    <Page
      title={model.name}
      description={
        <span className="flex flex-wrap items-center gap-2">
          <ScopeBadge organizationId={model.organization_id} scope={model.scope} />
          <OperationalBadge resource={model} />
        </span>
      }
      above={<Link to="/models">{t('models.title')}</Link>}
      actions={
        <>
          {model.ready_instances > 0 && (
            <Button asChild>
              <Link to="/chat" search={{ model: model.model_id }}>
                <MessageSquare aria-hidden />
                {t('models.tryInChat')}
              </Link>
            </Button>
          )}
          {canDeploy && (
            <Button asChild variant="primary">
              <Link to="/instances/deploy" search={{ model: model.id }}>
                <Rocket aria-hidden />
                {t('models.deploy')}
              </Link>
            </Button>
          )}
          {acts}
        </>
      }
    >
      <div className="grid items-start gap-5 lg:grid-cols-5">
        <div className="grid min-w-0 gap-5 lg:col-span-3">
          {model.description && (
            <Card title={t('models.about')}>
              <p className="text-pretty">{model.description}</p>
            </Card>
          )}
          <ActivationCard noun="model" name={model.name} resource={model} />
        </div>
        <FactsCard model={model} />
      </div>
    </Page>
  );
}

function FactsCard({ model }: { model: Model }) {
  const { t } = useTranslation();
  const format = useFormat();
  const gigabytes = (amount: number) => t('common.gigabytes', { amount: format.integer(amount) });
  return (
    <Card title={t('models.facts')} className="lg:col-span-2">
      <Facts
        facts={[
          [
            t('models.fact.id'),
            <span key="id" className="inline-flex items-center gap-1">
              <code className="break-all font-mono text-xs">{model.model_id}</code>
              <CopyButton value={model.model_id} label={t('models.copyId')} iconOnly />
            </span>,
          ],
          [t('models.fact.kind'), t(model.kind === 'embedding' ? 'models.kind.embedding' : 'models.kind.chat')],
          [t('models.fact.engine'), engineLabel(t, model.engine)],
          [
            t('models.fact.context'),
            t('models.tokens', { count: model.context_length, amount: format.integer(model.context_length) }),
          ],
          [t('models.fact.vram'), gigabytes(model.required_vram_gb)],
          [t('models.fact.volume'), model.data_volume_gb > 0 && gigabytes(model.data_volume_gb)],
          [t('models.fact.licence'), model.licence],
          [
            t('models.fact.input'),
            model.input_eur_per_1m && <Money key="input" price value={model.input_eur_per_1m} />,
          ],
          [
            t('models.fact.cached'),
            model.cached_input_eur_per_1m && <Money key="cached" price value={model.cached_input_eur_per_1m} />,
          ],
          [
            t('models.fact.output'),
            model.output_eur_per_1m && <Money key="output" price value={model.output_eur_per_1m} />,
          ],
          [t('models.fact.ready'), format.integer(model.ready_instances)],
          [
            t('models.fact.arguments'),
            model.engine_arguments.length > 0 && (
              <code key="arguments" className="break-all font-mono text-xs">
                {model.engine_arguments.join(' ')}
              </code>
            ),
          ],
          [t('models.fact.added'), format.date(model.created_at)],
        ]}
      />
    </Card>
  );
}

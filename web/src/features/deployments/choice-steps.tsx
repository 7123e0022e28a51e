import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { InstanceType, Model, Provider, Zone } from '@/api/shapes';
import { Money } from '@/components/money';
import { SearchField } from '@/components/search-field';
import { Badge } from '@/components/ui/badge';
import { ChoiceCard } from '@/components/ui/choice-card';
import { ScopeBadge } from '@/features/session/scope-badge';
import { useFormat } from '@/lib/format';
import { finds } from '@/lib/search-words';
import { seemsToFit, totalVram, typesIn, zonesOf } from './choice';

type ChoiceProps = { value?: string; error?: string; onChoose: (id: string) => void };

/** More than this many choices get a search field. */
const MANY = 8;

function Step({
  number,
  title,
  hint,
  error,
  children,
}: {
  number: number;
  title: string;
  hint?: string;
  error?: string;
  children: ReactNode;
}) {
  const errorId = useId();
  return (
    <fieldset
      aria-describedby={error ? errorId : undefined}
      className="min-w-0 rounded-xl border border-border bg-surface p-4 shadow-xs sm:p-5"
    >
      <legend className="float-left mb-3 flex w-full items-center gap-2.5 font-semibold text-[15px]">
        <span aria-hidden className="grid size-6 place-items-center rounded-full bg-accent text-xs tabular-nums">
          {number}
        </span>
        {title}
      </legend>
      <div className="clear-both grid gap-3">
        {error && (
          <p id={errorId} role="alert" className="text-[13px] text-danger">
            {error}
          </p>
        )}
        {hint ? <p className="text-muted text-sm">{hint}</p> : children}
      </div>
    </fieldset>
  );
}

export function ModelStep({ models, value, error, onChoose }: ChoiceProps & { models: Model[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [words, setWords] = useState('');
  const shown = models.filter(
    (model) => model.id === value || finds(`${model.name} ${model.model_id}`.toLowerCase(), words),
  );
  return (
    <Step
      number={1}
      title={t('deploy.model')}
      error={error}
      hint={models.length === 0 ? t('deploy.noModels') : undefined}
    >
      {models.length > MANY && <SearchField label={t('models.find')} value={words} onChange={setWords} />}
      <div // The last one that shows is cut in half: there are more.
        className="grid max-h-[26.5rem] gap-2 overflow-y-auto p-0.5"
      >
        {shown.map((model) => (
          <ChoiceCard
            key={model.id}
            name="model_id"
            title={model.name}
            detail={
              <span className="flex flex-wrap items-center gap-2">
                <span className="break-all font-mono text-xs">{model.model_id}</span>
                <ScopeBadge organizationId={model.organization_id} scope={model.scope} />
              </span>
            }
            aside={
              model.required_vram_gb > 0
                ? t('deploy.needsVram', { amount: format.integer(model.required_vram_gb) })
                : t('deploy.needsNoGpu')
            }
            checked={model.id === value}
            onChange={() => onChoose(model.id)}
          />
        ))}
      </div>
    </Step>
  );
}

export function ZoneStep({
  zones,
  providers,
  value,
  error,
  onChoose,
}: ChoiceProps & { zones: Zone[]; providers: Provider[] }) {
  const { t } = useTranslation();
  const offering = providers.filter((provider) => zones.some((zone) => zone.provider_id === provider.id));
  return (
    <Step
      number={2}
      title={t('deploy.zone')}
      error={error}
      hint={offering.length === 0 ? t('deploy.noZones') : undefined}
    >
      {offering.map((provider) => (
        <div key={provider.id} className="grid gap-2">
          <p className="font-medium text-[13px] text-muted">{provider.name}</p>
          <div className="grid gap-2 sm:grid-cols-2">
            {zonesOf(provider.id, zones).map((zone) => (
              <ChoiceCard
                key={zone.id}
                name="zone_id"
                title={zone.name}
                detail={<span className="font-mono text-xs">{zone.code}</span>}
                checked={zone.id === value}
                onChange={() => onChoose(zone.id)}
              />
            ))}
          </div>
        </div>
      ))}
    </Step>
  );
}

type InstanceTypeStepProps = ChoiceProps & { types: InstanceType[]; zoneId?: string; model?: Model };

export function InstanceTypeStep({ types, zoneId, model, value, error, onChoose }: InstanceTypeStepProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const offered = zoneId ? typesIn(zoneId, types) : [];
  const hint = !zoneId || !model ? t('deploy.chooseFirst') : offered.length === 0 ? t('deploy.noTypes') : undefined;
  return (
    <Step number={3} title={t('deploy.type')} error={error} hint={hint}>
      <div className="grid gap-2">
        {offered.map(({ type, price, available }) => {
          const fits = !model || seemsToFit(type, model);
          return (
            <ChoiceCard
              key={type.id}
              name="instance_type_id"
              title={type.name}
              detail={t(type.gpu_count > 0 ? 'deploy.typeDetail' : 'deploy.typeWithoutGpu', {
                count: type.gpu_count,
                vram: format.integer(totalVram(type)),
                cpus: format.integer(type.cpu_count),
                memory: format.integer(type.memory_gb),
              })}
              aside={
                <>
                  <span className="block font-medium tabular-nums">
                    <Money price value={price} within={(amount) => t('common.perHour', { price: amount })} />
                  </span>
                  <span className="mt-1 block">
                    {!available ? (
                      <Badge>{t('deploy.unavailable')}</Badge>
                    ) : fits ? (
                      <Badge tone="success">{t('deploy.fits')}</Badge>
                    ) : (
                      <Badge tone="warning">{t('deploy.tooSmall')}</Badge>
                    )}
                  </span>
                </>
              }
              disabled={!available}
              checked={type.id === value}
              onChange={() => onChoose(type.id)}
            />
          );
        })}
      </div>
    </Step>
  );
}

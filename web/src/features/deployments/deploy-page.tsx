import { zodResolver } from '@hookform/resolvers/zod';
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import type { InstanceType, Model, Provider, Zone } from '@/api/shapes';
import { Loaded } from '@/components/loaded';
import { Page } from '@/components/page';
import { ProblemNotice } from '@/components/problem-notice';
import { Field, Input } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/skeleton';
import { modelsQuery } from '@/features/models/queries';
import { fieldWords, showFieldProblems } from '@/lib/form-problems';
import { useUnsaved } from '@/lib/use-unsaved';
import {
  choiceFrom,
  type DeploymentChoice,
  type DeploymentValues,
  type DeploySearch,
  deploymentValues,
  keepOffered,
  searchOf,
} from './choice';
import { InstanceTypeStep, ModelStep, ZoneStep } from './choice-steps';
import { instanceTypesQuery, providersQuery, zonesQuery } from './queries';
import { ReviewCard } from './review-card';

/** Everything the wizard chooses from, loaded as one so that it is drawn once. */
type Catalogue = { models: Model[]; providers: Provider[]; zones: Zone[]; types: InstanceType[] };

type DeployPageProps = { search: DeploySearch; onSearch: (search: DeploySearch) => void };

export function DeployPage({ search, onSearch }: DeployPageProps) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const providers = useQuery(providersQuery);
  const zones = useQuery(zonesQuery);
  const types = useQuery(instanceTypesQuery);
  const all: UseQueryResult<unknown>[] = [models, providers, zones, types];
  const waiting = all.find((query) => query.data === undefined) ?? models;
  return (
    <Page title={t('deploy.title')} description={t('deploy.description')}>
      <Loaded query={waiting} skeleton={<Skeleton className="h-96" />}>
        {() =>
          models.data && providers.data && zones.data && types.data ? (
            <DeployForm
              search={search}
              onSearch={onSearch}
              catalogue={{
                models: models.data.items.filter((model) => model.is_active),
                providers: providers.data.items.filter((provider) => provider.is_active),
                zones: zones.data.items.filter((zone) => zone.is_active),
                types: types.data.items,
              }}
            />
          ) : null
        }
      </Loaded>
    </Page>
  );
}

function firstChoice(field: string | undefined): HTMLElement | null {
  return document.querySelector(`input[name="${field}"]`);
}

const fields = ['model_id', 'zone_id', 'instance_type_id', 'name'] as const;

function DeployForm({ search, onSearch, catalogue }: DeployPageProps & { catalogue: Catalogue }) {
  const { t } = useTranslation();
  const router = useRouter();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  // One key per filled form: pressing the button twice, or again after a lost answer, deploys once.
  const idempotencyKey = useRef(randomId());
  const form = useForm<DeploymentValues>({
    resolver: zodResolver(deploymentValues),
    defaultValues: { ...choiceFrom(search, catalogue), name: '' },
  });
  // What was chosen is in the address; the name is nowhere else.
  useUnsaved({ isDirty: form.formState.dirtyFields.name === true, isSubmitting: form.formState.isSubmitting });
  const choice = useWatch({ control: form.control });
  const model = catalogue.models.find(({ id }) => id === choice.model_id);

  const startOver = () => {
    idempotencyKey.current = randomId();
    setError(null);
  };

  const choose = (field: keyof DeploymentChoice, value: string) => {
    startOver();
    form.setValue(field, value, { shouldValidate: form.formState.isSubmitted });
    form.clearErrors(field);
    const kept = keepOffered({ ...form.getValues(), [field]: value }, catalogue.types);
    if (!kept.instance_type_id) form.setValue('instance_type_id', '');
    onSearch(searchOf(form.getValues()));
  };

  const send = async ({ name, ...choice }: DeploymentValues) => {
    setError(null);
    try {
      const answer = await body(
        api.POST('/deployments', {
          body: { ...choice, name: name || null },
          headers: { 'Idempotency-Key': idempotencyKey.current },
        }),
      );
      if (!('instance_id' in answer)) throw new Error('the server answered a deployment with a dry run');
      await queries.invalidateQueries({ queryKey: ['instances'] });
      await router.navigate({ to: '/instances/$instanceId', params: { instanceId: answer.instance_id } });
    } catch (failure) {
      if (!showFieldProblems(failure, fields, form.setError)) setError(failure);
    }
  };
  // On a phone the button is pages below the first thing that is missing.
  const deploy = form.handleSubmit(send, (missing) => firstChoice(fields.find((field) => missing[field]))?.focus());

  const problemOf = (field: keyof DeploymentChoice) => {
    const problem = form.formState.errors[field];
    if (!problem) return undefined;
    return problem.type === 'server' ? problem.message : t(`deploy.missing.${field}`);
  };

  return (
    <form onSubmit={deploy} noValidate className="grid items-start gap-5 lg:grid-cols-3">
      <div className="grid min-w-0 gap-5 lg:col-span-2">
        <ModelStep
          models={catalogue.models}
          value={choice.model_id}
          error={problemOf('model_id')}
          onChoose={(id) => choose('model_id', id)}
        />
        <ZoneStep
          zones={catalogue.zones}
          providers={catalogue.providers}
          value={choice.zone_id}
          error={problemOf('zone_id')}
          onChoose={(id) => choose('zone_id', id)}
        />
        <InstanceTypeStep
          types={catalogue.types}
          zoneId={choice.zone_id}
          model={model}
          value={choice.instance_type_id}
          error={problemOf('instance_type_id')}
          onChoose={(id) => choose('instance_type_id', id)}
        />
      </div>
      <div className="grid gap-4 lg:sticky lg:top-6">
        <ReviewCard
          choice={choice}
          model={model}
          zone={catalogue.zones.find(({ id }) => id === choice.zone_id)}
          type={catalogue.types.find(({ id }) => id === choice.instance_type_id)}
          pending={form.formState.isSubmitting}
        >
          <Field
            label={t('instances.name')}
            hint={t('deploy.nameHint')}
            error={fieldWords(form.formState.errors.name, t('problems.fieldCode.required'))}
          >
            <Input autoComplete="off" {...form.register('name', { onChange: startOver })} />
          </Field>
        </ReviewCard>
        {error !== null && <ProblemNotice error={error} />}
      </div>
    </form>
  );
}

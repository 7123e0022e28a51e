import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, CircleDashed } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import type { Activation } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Notice } from '@/components/ui/notice';
import { useBelongsHere, useCan } from '@/features/session/session';
import { useFormat } from '@/lib/format';

type Noun = 'instance' | 'model';

type Activatable = {
  id: string;
  scope: string;
  is_operational: boolean;
  missing_activations: readonly string[];
  tech_activated_at?: string | null;
  eco_activated_at?: string | null;
  tech_activated_by_username?: string | null;
  eco_activated_by_username?: string | null;
};

type ActivationCardProps = {
  noun: Noun;
  name: string;
  resource: Activatable;
  /** What to do once it is operational. */
  next?: ReactNode;
};

/** The two acts that let a resource serve traffic: which are missing, who may do them, and the buttons for those who may. */
export function ActivationCard({ noun, name, resource, next }: ActivationCardProps) {
  const { t } = useTranslation();
  const missing = (['tech', 'eco'] as const).filter((kind) => resource.missing_activations.includes(kind));
  return (
    <Card title={t('instances.activation.title')}>
      {resource.is_operational ? (
        <Notice tone="success" title={t('instances.activation.operational')}>
          {next}
        </Notice>
      ) : (
        <Notice
          tone="warning"
          title={
            missing.length === 2
              ? t('instances.activation.bothMissing')
              : t(`instances.activation.missing.${missing[0] ?? 'tech'}`)
          }
        >
          {t('instances.activation.needed')}
        </Notice>
      )}
      <ul className="mt-2 divide-y divide-border">
        <ActivationRow kind="tech" noun={noun} name={name} resource={resource} />
        <ActivationRow kind="eco" noun={noun} name={name} resource={resource} />
      </ul>
    </Card>
  );
}

function ActivationRow({ kind, noun, name, resource }: ActivationCardProps & { kind: Activation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const permitted = useCan(`${noun}.activate_${kind}`);
  const allowed = useBelongsHere(resource) && permitted;
  const [asking, setAsking] = useState(false);
  const change = useActivation(noun, kind, resource.id);
  const active = !resource.missing_activations.includes(kind);
  const since = kind === 'tech' ? resource.tech_activated_at : resource.eco_activated_at;
  const who = kind === 'tech' ? resource.tech_activated_by_username : resource.eco_activated_by_username;
  const Icon = active ? CircleCheck : CircleDashed;
  return (
    <li className="py-3 last:pb-0">
      <div className="flex flex-wrap items-center gap-3">
        <Icon className={active ? 'size-5 text-success' : 'size-5 text-muted'} aria-hidden />
        <div className="min-w-48 flex-1">
          <p className="font-medium text-sm">{t(`instances.activation.${kind}`)}</p>
          <p className="text-[13px] text-muted">
            {active && since
              ? who
                ? t('instances.activation.sinceBy', { when: format.dateTime(since), who })
                : t('instances.activation.since', { when: format.dateTime(since) })
              : t(`instances.activation.${active ? 'done' : 'meaning'}.${kind}`)}
            {!active && ` ${t(`instances.activation.who.${kind}`)}`}
          </p>
        </div>
        {allowed &&
          (active ? (
            <Button size="sm" variant="ghost" onClick={() => setAsking(true)}>
              {t(`instances.activation.deactivate.${kind}`)}
            </Button>
          ) : (
            <Button size="sm" variant="primary" pending={change.isPending} onClick={() => change.mutate(true)}>
              {t(`instances.activation.activate.${kind}`)}
            </Button>
          ))}
      </div>
      {change.isError && <ProblemNotice error={change.error} className="mt-3" />}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('instances.activation.deactivateTitle', { name })}
        confirmLabel={t(`instances.activation.deactivate.${kind}`)}
        onConfirm={() => change.mutateAsync(false)}
      >
        {t('instances.activation.deactivateDetail')}
        {noun === 'instance' && ` ${t('instances.activation.deactivateStillCosts')}`}
      </ConfirmDialog>
    </li>
  );
}

function useActivation(noun: Noun, kind: Activation, id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (active: boolean) => {
      const request = { params: { path: { id } }, body: { active } };
      if (noun === 'model') {
        return kind === 'tech'
          ? body(api.PUT('/models/{id}/activation/tech', request))
          : body(api.PUT('/models/{id}/activation/eco', request));
      }
      return kind === 'tech'
        ? body(api.PUT('/instances/{id}/activation/tech', request))
        : body(api.PUT('/instances/{id}/activation/eco', request));
    },
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: [noun === 'model' ? 'models' : 'instances'] }),
        queries.invalidateQueries({ queryKey: ['chat_models'] }),
      ]),
  });
}

import { zodResolver } from '@hookform/resolvers/zod';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Organization } from '@/api/shapes';
import { type Tagged, tagged } from '@/api/tagged';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Field, Input } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { reloadSession, useCan } from '@/features/session/session';
import { atMostCharacters } from '@/lib/field-rules';
import { fieldWords, showFieldProblems } from '@/lib/form-problems';
import { keepTyped, replaceTyped } from '@/lib/keep-typed';
import { toast } from '@/lib/toasts';
import { useUnsaved } from '@/lib/use-unsaved';
import { ColorField } from './color-field';
import { currentOrganizationQuery } from './queries';

const settings = z.object({
  name: z.string().check(z.trim(), z.minLength(1), atMostCharacters(100)),
  slug: z.string().check(z.trim(), z.regex(/^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/)),
  color: z.string(),
});
type Settings = z.infer<typeof settings>;
const fields = ['name', 'slug', 'color'] as const;

function settingsOf({ name, slug, color }: Organization): Settings {
  return { name, slug, color: color ?? '' };
}

/**
 * What others change meanwhile fills the fields that nobody touched. Where it contradicts what was typed, both are shown and the person
 * decides; until then saving is refused by the version that was typed over.
 */
export function SettingsForm({ found }: { found: Tagged<Organization> }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const canUpdate = useCan('organization.update');
  const [error, setError] = useState<unknown>(null);
  // The version that the person has seen: what is typed answers to it.
  const [seen, setSeen] = useState(found);
  const form = useForm<Settings>({
    resolver: zodResolver(settings),
    values: settingsOf(found.value),
    resetOptions: keepTyped,
    disabled: !canUpdate,
  });
  const { dirtyFields, errors, isDirty, isSubmitting } = form.formState;
  useUnsaved(form.formState);
  const typed = form.watch();
  const [before, now] = [settingsOf(seen.value), settingsOf(found.value)];
  const contradicted = fields.filter(
    (field) => dirtyFields[field] && before[field] !== now[field] && typed[field] !== now[field],
  );
  if (seen !== found && contradicted.length === 0) setSeen(found);

  const settle = (take: 'theirs' | 'mine') => {
    // Before resetting, which forgets the inputs for a moment.
    form.setFocus(contradicted[0] ?? 'name');
    if (take === 'theirs') form.reset(now, replaceTyped);
    setSeen(found);
    setError(null);
  };

  const save = form.handleSubmit(async ({ name, slug, color }) => {
    setError(null);
    try {
      const saved = await tagged(
        api.PATCH('/organizations/current', {
          params: { header: { 'If-Match': seen.tag } },
          body: { name, slug, color: color || undefined },
        }),
      );
      form.reset(settingsOf(saved.value), replaceTyped);
      queries.setQueryData(currentOrganizationQuery.queryKey, saved);
      await Promise.all([queries.invalidateQueries({ queryKey: ['organizations'] }), reloadSession(queries)]);
      toast({ title: t('organizations.saved') });
    } catch (failure) {
      if (asProblem(failure).code === 'stale')
        await queries.refetchQueries({ queryKey: currentOrganizationQuery.queryKey });
      if (!showFieldProblems(failure, fields, form.setError)) setError(failure);
    }
  });

  return (
    <Card title={t('organizations.identity')} description={canUpdate ? undefined : t('organizations.readOnly')}>
      <form onSubmit={save} noValidate className="grid gap-4">
        {contradicted.length > 0 && !isSubmitting ? (
          <Contradiction now={now} fields={contradicted} onSettle={settle} />
        ) : (
          error !== null && <ProblemNotice error={error} />
        )}
        <Field label={t('organizations.name')} error={fieldWords(errors.name, t('organizations.nameRequired'))}>
          <Input autoComplete="organization" {...form.register('name')} />
        </Field>
        <Field
          label={t('organizations.slug')}
          hint={t('organizations.slugHint')}
          error={fieldWords(errors.slug, t('problems.fieldCode.slug'))}
        >
          <Input autoComplete="off" spellCheck={false} className="font-mono" {...form.register('slug')} />
        </Field>
        <ColorField
          value={typed.color ?? ''}
          onChange={(color) => form.setValue('color', color, { shouldDirty: true })}
          disabled={!canUpdate}
        />
        {canUpdate && (
          <div>
            <Button type="submit" variant="primary" pending={isSubmitting} disabled={!isDirty}>
              {t('organizations.save')}
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}

type ContradictionProps = {
  now: Settings;
  fields: (typeof fields)[number][];
  onSettle: (take: 'theirs' | 'mine') => void;
};

/** Somebody else changed the very fields that were typed into. */
function Contradiction({ now, fields, onSettle }: ContradictionProps) {
  const { t } = useTranslation();
  return (
    <Notice tone="warning" role="alert" title={t('problems.code.stale.title')}>
      <p>{t('organizations.changedDetail')}</p>
      <ul className="list-inside list-disc">
        {fields.map((field) => (
          <li key={field} className="wrap-anywhere">
            {t(`organizations.${field}`)}: <strong>{now[field]}</strong>
          </li>
        ))}
      </ul>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button size="sm" onClick={() => onSettle('theirs')}>
          {t('common.loadNewValues')}
        </Button>
        <Button size="sm" onClick={() => onSettle('mine')}>
          {t('organizations.keepTyped')}
        </Button>
      </div>
    </Notice>
  );
}

import { useTranslation } from 'react-i18next';
import * as z from 'zod/mini';
import { Select } from '@/components/ui/field';

/** Whose a resource is, as the API calls it. */
export const scopes = ['personal', 'organization', 'platform'] as const;
export type Scope = (typeof scopes)[number];

/** The filter as it lives in an address. */
export const scopeSearch = z.catch(z.optional(z.enum(scopes)), undefined);

type ScopeFilterProps = { value: Scope | undefined; onChange: (scope: Scope | undefined) => void };

/** Lists what belongs to one kind of workspace only. */
export function ScopeFilter({ value, onChange }: ScopeFilterProps) {
  const { t } = useTranslation();
  return (
    <Select
      aria-label={t('common.scope.filter')}
      className="w-auto"
      value={value ?? ''}
      onChange={(event) => onChange(scopes.find((scope) => scope === event.target.value))}
    >
      <option value="">{t('common.scope.all')}</option>
      {scopes.map((scope) => (
        <option key={scope} value={scope}>
          {t(`common.scope.of.${scope}`)}
        </option>
      ))}
    </Select>
  );
}

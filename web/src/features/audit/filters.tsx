import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Input, Select } from '@/components/ui/field';
import { nounLabel, nouns } from './actions';
import type { AuditSearch } from './search';

type AuditFiltersProps = { search: AuditSearch; onSearch: (change: AuditSearch) => void; onClear?: () => void };

export function AuditFilters({ search, onSearch, onClear }: AuditFiltersProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <>
      <Select
        aria-label={t('audit.about')}
        className="w-auto"
        value={search.noun ?? ''}
        onChange={(event) => onSearch({ ...search, noun: event.target.value || undefined })}
      >
        <option value="">{t('audit.everything')}</option>
        {nouns().map((noun) => (
          <option key={noun} value={noun}>
            {nounLabel(t, noun)}
          </option>
        ))}
      </Select>
      {(['from', 'to'] as const).map((end) => (
        <div key={end} className="flex items-center gap-2 text-[13px] text-muted">
          <label htmlFor={`${id}-${end}`}>{t(`audit.${end}`)}</label>
          <Input
            id={`${id}-${end}`}
            type="date"
            className="w-auto"
            value={search[end] ?? ''}
            onChange={(event) => onSearch({ ...search, [end]: event.target.value || undefined })}
          />
        </div>
      ))}
      {onClear && (
        <Button variant="ghost" size="sm" onClick={onClear}>
          {t('common.clearFilters')}
        </Button>
      )}
    </>
  );
}

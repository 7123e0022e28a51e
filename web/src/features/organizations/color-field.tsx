import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/class-names';

/** Colours that keep the sidebar's text readable in both themes. */
export const palette = {
  indigo: '#4f46e5',
  blue: '#2563eb',
  teal: '#0d9488',
  green: '#16a34a',
  amber: '#d97706',
  red: '#dc2626',
  pink: '#db2777',
  slate: '#475569',
} as const;

type ColorName = keyof typeof palette;

/** The organization's colour, as radio buttons so that it has names and works by keyboard. */
export function ColorField({
  value,
  onChange,
  disabled,
}: {
  value: string;
  onChange: (color: string) => void;
  disabled?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <fieldset disabled={disabled}>
      <legend className="mb-2 font-medium text-[13px]">{t('organizations.color')}</legend>
      <div className="flex flex-wrap gap-2">
        {(Object.keys(palette) as ColorName[]).map((name) => (
          <input
            key={name}
            type="radio"
            name="color"
            aria-label={t(`organizations.colors.${name}`)}
            checked={value.toLowerCase() === palette[name]}
            onChange={() => onChange(palette[name])}
            style={{ '--org': palette[name] }}
            className={cn(
              'size-8 cursor-pointer appearance-none rounded-full border-4 border-surface bg-(--org) ring-2 ring-border checked:ring-foreground disabled:cursor-not-allowed disabled:opacity-60',
            )}
          />
        ))}
      </div>
    </fieldset>
  );
}

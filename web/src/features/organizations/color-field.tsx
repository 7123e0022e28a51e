import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/class-names';
import { isHexColor } from '@/lib/contrast';

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

/** The first colour of ours that none of these organizations has; all taken, the first. */
export function freeColor(organizations: readonly { color: string }[]): string {
  const taken = new Set(organizations.map(({ color }) => color.toLowerCase()));
  return Object.values(palette).find((color) => !taken.has(color)) ?? palette.indigo;
}

type ColorName = keyof typeof palette;

/**
 * The organization's colour, as radio buttons so that it has names and works by keyboard. One that isn't among ours, made by the
 * server or over the API, is offered beside them.
 */
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
  const [before] = useState(value.toLowerCase());
  const choices = (Object.keys(palette) as ColorName[]).map((name): [string, string] => [
    palette[name],
    t(`organizations.colors.${name}`),
  ]);
  if (isHexColor(before) && !choices.some(([color]) => color === before)) choices.push([before, before]);
  return (
    <fieldset disabled={disabled}>
      <legend className="mb-2 font-medium text-[13px]">{t('organizations.color')}</legend>
      <div className="flex flex-wrap gap-2">
        {choices.map(([color, name]) => (
          <input
            key={color}
            type="radio"
            name="color"
            aria-label={name}
            checked={value.toLowerCase() === color}
            onChange={() => onChange(color)}
            style={{ '--org': color }}
            className={cn(
              'size-8 cursor-pointer appearance-none rounded-full border-4 border-surface bg-(--org) ring-2 ring-border checked:ring-foreground disabled:cursor-not-allowed disabled:opacity-60',
            )}
          />
        ))}
      </div>
    </fieldset>
  );
}

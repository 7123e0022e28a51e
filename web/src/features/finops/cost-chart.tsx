import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DayCost } from '@/api/shapes';
import { Money } from '@/components/money';
import { BarTooltip, type Pointed, type Scale, StackedBars } from '@/features/usage/usage-chart';
import { useFormat } from '@/lib/format';

/** The scale of an amount. */
const PLACES = 12;

/** A picture of the table beside it; heights are near enough, words are exact. */
export function CostChart({ items, total, title }: { items: DayCost[]; total: string; title: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [pointedAt, setPointedAt] = useState<Pointed | null>(null);
  const scale = useMemo<Scale>(
    () => ({ finest: 1e-9, words: (amount) => format.money(amount.toFixed(PLACES)), room: 88 }),
    [format],
  );
  const bars = items.map((item) => ({
    name: format.day(item.day),
    input: Number(item.instances_eur),
    output: Number(item.tokens_eur),
  }));
  const day = pointedAt === null ? undefined : items[pointedAt.index];
  const [ofInstances, ofTokens] = day ? format.moneyParts(day.cost_eur, [day.instances_eur, day.tokens_eur]) : [];
  return (
    <div role="img" aria-label={t('finops.summary', { title, amount: format.money(total) })} className="relative">
      {day && pointedAt && (
        <BarTooltip
          name={format.day(day.day)}
          left={pointedAt.left}
          lines={[
            {
              color: 'bg-chart-1',
              label: t('finops.instances'),
              value: <Money value={day.instances_eur} shown={ofInstances} />,
            },
            {
              color: 'bg-chart-2',
              label: t('finops.tokens'),
              value: <Money value={day.tokens_eur} shown={ofTokens} />,
            },
          ]}
        />
      )}
      <StackedBars bars={bars} scale={scale} onPoint={setPointedAt} />
      <div
        aria-hidden
        className="mt-2 flex min-h-5 flex-wrap items-center justify-center gap-x-4 gap-y-1 text-muted text-xs"
      >
        <Part color="bg-chart-1" name={t('finops.instances')} />
        <Part color="bg-chart-2" name={t('finops.tokens')} />
      </div>
    </div>
  );
}

function Part({ color, name }: { color: string; name: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className={`size-2 rounded-full ${color}`} />
      {name}
    </span>
  );
}

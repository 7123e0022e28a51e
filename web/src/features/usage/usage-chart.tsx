import { useTranslation } from 'react-i18next';
import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { UsageItem } from '@/api/shapes';
import { useFormat } from '@/lib/format';
import type { UsageGroup } from './queries';

/** Groups beyond this many are in the table only. */
const MOST_BARS = 31;

type UsageChartProps = { items: UsageItem[]; group: UsageGroup; title: string };

/** A picture of the table beside it; its summary is its text alternative. */
export function UsageChart({ items, group, title }: UsageChartProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const bars = items.slice(-MOST_BARS).map((item) => ({
    name: group === 'day' ? format.day(item.key ?? '') : (item.label ?? item.key ?? t('usage.console')),
    input: item.input_tokens,
    output: item.output_tokens,
  }));
  const total = items.reduce((sum, item) => sum + item.input_tokens + item.output_tokens, 0);
  const axis = { fontSize: 12, tickLine: false, axisLine: false, tick: { fill: 'var(--muted)' } };
  return (
    <div role="img" aria-label={t('usage.summary', { title, tokens: format.integer(total) })} className="h-64 w-full">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={bars} margin={{ top: 8, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--border)" />
          <XAxis dataKey="name" {...axis} minTickGap={16} />
          <YAxis {...axis} width={44} tickFormatter={(value: number) => format.compact(value)} />
          <Tooltip
            cursor={{ fill: 'var(--accent)' }}
            formatter={(value) => format.integer(Number(value))}
            contentStyle={{
              background: 'var(--surface)',
              border: '1px solid var(--border)',
              borderRadius: 10,
              color: 'var(--foreground)',
              fontSize: 13,
            }}
          />
          <Legend iconType="circle" iconSize={8} wrapperStyle={{ fontSize: 12 }} />
          <Bar
            dataKey="input"
            name={t('usage.input')}
            stackId="tokens"
            fill="var(--chart-1)"
            maxBarSize={36}
            isAnimationActive={false}
          />
          <Bar
            dataKey="output"
            name={t('usage.output')}
            stackId="tokens"
            fill="var(--chart-2)"
            maxBarSize={36}
            radius={[4, 4, 0, 0]}
            isAnimationActive={false}
          />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

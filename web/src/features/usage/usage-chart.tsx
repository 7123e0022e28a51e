import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { UsageItem } from '@/api/shapes';
import { useFormat } from '@/lib/format';
import { usageLabels } from './names';
import type { UsageGroup } from './queries';

/** Longer names are cut below the axis; pointing at the bar shows all of it. */
const LONGEST_LABEL = 22;
const PIXELS_PER_CHARACTER = 7;

/** Groups beyond this many are in the table only. */
const MOST_BARS = 31;

type UsageChartProps = { items: UsageItem[]; group: UsageGroup; title: string };
/** Its two parts stand on each other. */
export type Bar = { name: string; input: number; output: number };

/** How the axis counts: its finest step, and the words and the room (in pixels) for an amount. */
export type Scale = { finest: number; words: (amount: number) => string; room: number };

/** The bar that is pointed at, and how many pixels from the left of the picture it stands. */
export type Pointed = { index: number; left: number };

/** A picture of the table beside it; its summary is its text alternative. Above the bar that is pointed at, its numbers. */
export function UsageChart({ items, group, title }: UsageChartProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [pointedAt, setPointedAt] = useState<Pointed | null>(null);
  const labels = usageLabels(t, format, group, items).slice(-MOST_BARS);
  const bars = items.slice(-MOST_BARS).map((item, position) => ({
    name: labels[position] ?? '',
    input: item.input_tokens,
    output: item.output_tokens,
  }));
  const total = items.reduce((sum, item) => sum + item.input_tokens + item.output_tokens, 0);
  const bar = pointedAt === null ? undefined : bars[pointedAt.index];
  const scale = useMemo(() => ({ finest: 1, words: format.compact, room: 52 }), [format]);
  return (
    <div role="img" aria-label={t('usage.summary', { title, tokens: format.integer(total) })} className="relative">
      {bar && pointedAt && (
        <BarTooltip
          name={bar.name}
          left={pointedAt.left}
          lines={[
            { color: 'bg-chart-1', label: t('usage.input'), value: format.integer(bar.input) },
            { color: 'bg-chart-2', label: t('usage.output'), value: format.integer(bar.output) },
          ]}
        />
      )}
      <StackedBars bars={bars} scale={scale} onPoint={setPointedAt} />
      <div
        aria-hidden
        className="mt-2 flex min-h-5 flex-wrap items-center justify-center gap-x-4 gap-y-1 text-muted text-xs"
      >
        <span className="inline-flex items-center gap-1.5">
          <span className="size-2 rounded-full bg-chart-1" />
          {t('usage.input')}
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span className="size-2 rounded-full bg-chart-2" />
          {t('usage.output')}
        </span>
      </div>
    </div>
  );
}

type TooltipLine = { color: string; label: string; value: ReactNode };

/** Says the numbers of one bar; never in the way of the pointer, and never beyond the picture. */
export function BarTooltip({ name, lines, left }: { name: string; lines: TooltipLine[]; left: number }) {
  return (
    <div
      aria-hidden
      style={{ left: `clamp(6rem, ${left}px, calc(100% - 6rem))` }}
      className="-translate-x-1/2 pointer-events-none absolute top-1 z-10 grid w-48 gap-1 rounded-lg border border-border bg-surface px-3 py-2 text-xs shadow-lg"
    >
      <p className="wrap-anywhere font-medium">{name}</p>
      {lines.map(({ color, label, value }) => (
        <p key={label} className="flex items-center gap-1.5">
          <span className={`size-2 rounded-full ${color}`} />
          <span className="text-muted">{label}</span>
          <span className="ml-auto tabular-nums">{value}</span>
        </p>
      ))}
    </div>
  );
}

type StackedBarsProps = { bars: Bar[]; scale: Scale; onPoint: (pointed: Pointed | null) => void };

/** `scale` and `onPoint` stay the same between renderings, or everything is drawn anew. */
export function StackedBars({ bars, scale, onPoint }: StackedBarsProps) {
  const place = useRef<HTMLDivElement>(null);
  // Drawn again when what it shows changes, not whenever the page around it is rendered.
  const shown = JSON.stringify(bars);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const content: Bar[] = JSON.parse(shown);
    const draw = () => new UPlot({ ...looks(content, scale, onPoint), ...sizeOf(element) }, stacked(content), element);
    let chart = draw();
    // A canvas follows neither its place nor the theme by itself.
    const size = new ResizeObserver(() => chart.setSize(sizeOf(element)));
    size.observe(element);
    const theme = new MutationObserver(() => {
      chart.destroy();
      chart = draw();
    });
    theme.observe(document.documentElement, { attributeFilter: ['class'] });
    return () => {
      theme.disconnect();
      size.disconnect();
      chart.destroy();
    };
  }, [shown, scale, onPoint]);
  return <div ref={place} className="h-56 w-full min-w-0 overflow-hidden" />;
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: element.clientWidth, height: element.clientHeight };
}

/** The second part of each bar is drawn as the whole bar, and the first over it. */
function stacked(bars: Bar[]): UPlot.AlignedData {
  return [
    bars.map((_, index) => index),
    bars.map(({ input, output }) => input + output),
    bars.map(({ input }) => input),
  ];
}

function looks(
  bars: Bar[],
  { finest, words, room }: Scale,
  onPoint: (pointed: Pointed | null) => void,
): Omit<UPlot.Options, 'width' | 'height'> {
  const labels = bars.map(({ name }) => (name.length > LONGEST_LABEL ? `${name.slice(0, LONGEST_LABEL - 1)}…` : name));
  const labelWidth = Math.max(...labels.map(({ length }) => length)) * PIXELS_PER_CHARACTER + 16;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const paths = UPlot.paths.bars?.({ size: [0.7, 36], radius: [0.15, 0] });
  const plain = UPlot.paths.bars?.({ size: [0.7, 36] });
  const axis: UPlot.Axis = { stroke: color('--muted'), font, ticks: { show: false } };
  return {
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: {
      x: false,
      y: false,
      drag: { x: false, y: false },
      points: { show: false },
    },
    scales: {
      x: { time: false, range: [-0.5, bars.length - 0.5] },
      y: { range: (_chart, _least, most) => UPlot.rangeNum(0, Math.max(most, finest), 0.1, true) },
    },
    axes: [
      {
        ...axis,
        size: 32,
        grid: { show: false },
        incrs: [1, 2, 3, 5, 7, 10, 14],
        space: (_chart, _axis, _least, _most, width) => Math.min(Math.max(width / bars.length, labelWidth), width),
        values: (_chart, splits) => splits.map((index) => labels[index] ?? ''),
      },
      {
        ...axis,
        size: room,
        grid: { stroke: color('--border'), width: 1 },
        incrs: [1, 2, 5]
          .flatMap((step) => Array.from({ length: 13 }, (_, power) => step * 10 ** power * finest))
          .sort((a, b) => a - b),
        values: (_chart, splits) => splits.map(words),
      },
    ],
    series: [
      {},
      { fill: color('--chart-2'), width: 0, paths, points: { show: false } },
      { fill: color('--chart-1'), width: 0, paths: plain, points: { show: false } },
    ],
    hooks: { setCursor: [(chart) => onPoint(pointedIn(chart))] },
  };
}

function pointedIn(chart: UPlot): Pointed | null {
  const index = chart.cursor.idx;
  if (index === null || index === undefined || (chart.cursor.left ?? -1) < 0) return null;
  return { index, left: chart.bbox.left / devicePixelRatio + chart.valToPos(index, 'x') };
}

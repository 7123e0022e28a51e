import type { ReactNode } from 'react';
import { Skeleton } from './ui/skeleton';

type StatProps = { label: string; value: ReactNode | undefined; detail?: ReactNode };

/** One number with its name; undefined while it loads. */
export function Stat({ label, value, detail }: StatProps) {
  return (
    <div className="min-w-0 rounded-xl border border-border bg-surface px-5 py-4 shadow-xs">
      <dt className="text-[13px] text-muted">{label}</dt>
      <dd className="mt-1 whitespace-nowrap font-semibold text-xl tabular-nums sm:text-2xl">
        {value ?? <Skeleton className="h-8 w-20" />}
      </dd>
      {detail && <dd className="mt-0.5 text-[13px] text-muted">{detail}</dd>}
    </div>
  );
}

import type { ComponentProps, ReactNode } from 'react';
import { cn } from '@/lib/class-names';

type ChoiceCardProps = ComponentProps<'input'> & { title: string; detail?: ReactNode; aside?: ReactNode };

/** A radio button drawn as a card; its accessible name is `title`, so that tests and people find it by that. */
export function ChoiceCard({ title, detail, aside, className, ...rest }: ChoiceCardProps) {
  return (
    <label
      className={cn(
        'flex items-start gap-3 rounded-xl border border-border bg-surface px-3.5 py-3 transition-colors hover:bg-sunken has-checked:border-primary has-checked:bg-primary/5 has-focus-visible:outline-2 has-focus-visible:outline-ring has-disabled:opacity-55',
        className,
      )}
    >
      <input type="radio" aria-label={title} className="mt-0.5 size-4 shrink-0 accent-primary" {...rest} />
      <span className="min-w-0 flex-1">
        <span className="block font-medium text-sm">{title}</span>
        {detail && <span className="mt-0.5 block text-[13px] text-muted">{detail}</span>}
      </span>
      {aside && <span className="shrink-0 text-right text-[13px]">{aside}</span>}
    </label>
  );
}

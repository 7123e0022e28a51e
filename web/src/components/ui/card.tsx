import { type ReactNode, useId } from 'react';
import { cn } from '@/lib/class-names';

type CardProps = {
  title?: string;
  description?: ReactNode;
  actions?: ReactNode;
  className?: string;
  bodyClassName?: string;
  children?: ReactNode;
};

/** A titled region; the title names it for assistive technology and for tests. */
export function Card({ title, description, actions, className, bodyClassName, children }: CardProps) {
  const heading = useId();
  return (
    <section
      aria-labelledby={title ? heading : undefined}
      className={cn('min-w-0 rounded-xl border border-border bg-surface shadow-xs', className)}
    >
      {(title || actions) && (
        <header className="flex flex-wrap items-start justify-between gap-3 px-4 pt-4 sm:px-5">
          <div className="min-w-0">
            {title && (
              <h2 id={heading} className="font-semibold text-[15px]">
                {title}
              </h2>
            )}
            {description && <div className="mt-0.5 text-[13px] text-muted">{description}</div>}
          </div>
          {actions && <div className="flex items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={cn('px-4 py-4 sm:px-5', bodyClassName)}>{children}</div>
    </section>
  );
}

import type { ReactNode } from 'react';
import { cn } from '@/lib/class-names';

type PageProps = { title: string; description?: ReactNode; actions?: ReactNode; narrow?: boolean; children: ReactNode };

/** The frame of every page: one h1, what the page is for, and its main action. */
export function Page({ title, description, actions, narrow, children }: PageProps) {
  return (
    <div className={cn('mx-auto grid w-full min-w-0 gap-5', narrow ? 'max-w-3xl' : 'max-w-6xl')}>
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="font-semibold text-xl">{title}</h1>
          {description && <div className="mt-0.5 text-muted">{description}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

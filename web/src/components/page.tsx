import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/class-names';

type PageProps = {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** The link to the list that the page's thing is one of. */
  above?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
};

/** The frame of every page: one h1, what the page is for, and its main action. A narrow page is narrow below its heading, which stays where it always is. */
export function Page({ title, description, actions, above, narrow, children }: PageProps) {
  return (
    <div className="mx-auto grid w-full min-w-0 max-w-6xl gap-5">
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0 flex-1 basis-72">
          {above && <Above title={title}>{above}</Above>}
          <h1 className="wrap-anywhere font-semibold text-xl">{title}</h1>
          {description && <div className="mt-0.5 text-muted">{description}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      <div className={cn('grid min-w-0 gap-5', narrow && 'max-w-3xl')}>{children}</div>
    </div>
  );
}

/** Where in the console this is: the list, then this one. */
function Above({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('common.breadcrumb')} className="mb-1">
      <ol className="flex min-w-0 items-center gap-1 text-[13px] text-muted">
        <li className="shrink-0 [&_a:hover]:text-foreground [&_a]:underline-offset-4 [&_a:hover]:underline">
          {children}
        </li>
        <li aria-hidden>
          <ChevronRight className="size-3.5" />
        </li>
        <li aria-current="page" className="truncate">
          {title}
        </li>
      </ol>
    </nav>
  );
}

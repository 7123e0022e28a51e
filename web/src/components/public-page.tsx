import type { ReactNode } from 'react';
import { LanguageSelect } from './language-select';

type PublicPageProps = { title: string; description?: ReactNode; footer?: ReactNode; children: ReactNode };

/** The frame of the pages that need no session: one thing to do, and the language to do it in. */
export function PublicPage({ title, description, footer, children }: PublicPageProps) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-12">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex flex-col items-center text-center">
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" className="mb-4 size-11" />
          <h1 className="font-semibold text-xl">{title}</h1>
          {description && <p className="mt-1 text-muted">{description}</p>}
        </div>
        <div className="rounded-2xl border border-border bg-surface p-6 shadow-sm">{children}</div>
        {footer && <div className="mt-6 text-center text-[13px] text-muted">{footer}</div>}
        <div className="mt-6 flex justify-center">
          <LanguageSelect />
        </div>
      </div>
    </main>
  );
}

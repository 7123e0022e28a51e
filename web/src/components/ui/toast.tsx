import { X } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/class-names';
import { dismissToast, subscribeToasts, type Toast, toasts } from '@/lib/toasts';
import { Button } from './button';

const SHOWN_MILLISECONDS = 6_000;

/**
 * Messages in the corner. Ours rather than Radix's: theirs is a layer above dialogs and menus,
 * and took the Escape that was meant for the menu in front of a person.
 */
export function Toaster() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(subscribeToasts, toasts);
  const [held, setHeld] = useState(false);
  return (
    // Always there: a screen reader announces what enters a live region, not a region that enters with it.
    <section aria-label={t('common.notifications')} aria-live="polite">
      <ol
        className="pointer-events-none fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2"
        onPointerEnter={() => setHeld(true)}
        onPointerLeave={() => setHeld(false)}
        onFocus={() => setHeld(true)}
        onBlur={() => setHeld(false)}
      >
        {shown.map((toast) => (
          <Message
            key={toast.id}
            toast={toast}
            held={held}
            onDismiss={() => {
              dismissToast(toast.id);
              // A button that leaves the page takes its focus along without a word.
              setHeld(false);
            }}
          />
        ))}
      </ol>
    </section>
  );
}

/** Leaves by itself, but not while somebody points at the messages or stands in them. */
function Message({ toast, held, onDismiss }: { toast: Toast; held: boolean; onDismiss: () => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissToast(toast.id), SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [held, toast.id]);
  return (
    <li
      className={cn(
        'slide-in-from-bottom-2 fade-in-0 pointer-events-auto flex animate-in items-start gap-3 rounded-xl border border-border bg-surface px-4 py-3 shadow-lg',
        toast.tone === 'danger' && 'border-danger/40',
      )}
    >
      <div className="min-w-0 flex-1">
        <p className={cn('font-medium text-sm', toast.tone === 'danger' && 'text-danger')}>{toast.title}</p>
        {toast.detail && <p className="mt-0.5 text-[13px] text-muted">{toast.detail}</p>}
      </div>
      <Button variant="ghost" size="icon" className="-mr-2 -mt-1" aria-label={t('common.dismiss')} onClick={onDismiss}>
        <X aria-hidden />
      </Button>
    </li>
  );
}

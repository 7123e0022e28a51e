import { X } from 'lucide-react';
import { Toast as Primitive } from 'radix-ui';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/class-names';
import { dismissToast, subscribeToasts, toasts } from '@/lib/toasts';
import { Button } from './button';

export function Toaster() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(subscribeToasts, toasts);
  return (
    <Primitive.Provider swipeDirection="right" duration={6000} label={t('common.notification')}>
      {shown.map((toast) => (
        <Primitive.Root
          key={toast.id}
          onOpenChange={(open) => !open && dismissToast(toast.id)}
          className={cn(
            'slide-in-from-bottom-2 fade-in-0 flex animate-in items-start gap-3 rounded-xl border border-border bg-surface px-4 py-3 shadow-lg',
            toast.tone === 'danger' && 'border-danger/40',
          )}
        >
          <div className="min-w-0 flex-1">
            <Primitive.Title className={cn('font-medium text-sm', toast.tone === 'danger' && 'text-danger')}>
              {toast.title}
            </Primitive.Title>
            {toast.detail && (
              <Primitive.Description className="mt-0.5 text-[13px] text-muted">{toast.detail}</Primitive.Description>
            )}
          </div>
          <Primitive.Close asChild>
            <Button variant="ghost" size="icon" className="-mr-2 -mt-1" aria-label={t('common.dismiss')}>
              <X aria-hidden />
            </Button>
          </Primitive.Close>
        </Primitive.Root>
      ))}
      <Primitive.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 outline-none" />
    </Primitive.Provider>
  );
}

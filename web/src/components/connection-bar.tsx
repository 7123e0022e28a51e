import { WifiOff } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { probe, serverAwaySince, subscribeReachability } from '@/api/reachability';
import { useFormat } from '@/lib/format';
import { Button } from './ui/button';

/** Since when the server doesn't answer; null while it does. */
export function useServerAwaySince(): number | null {
  return useSyncExternalStore(subscribeReachability, serverAwaySince);
}

/** One word for the whole console that the server is away, and since when. It goes by itself. */
export function ConnectionBar() {
  const { t } = useTranslation();
  const format = useFormat();
  const since = useServerAwaySince();
  return (
    // Always there: a screen reader announces what enters a live region, not a region that enters with it.
    <section aria-label={t('common.connection.label')} aria-live="polite" className="sticky top-0 z-40">
      {since !== null && (
        <div
          data-connection-bar
          className="flex flex-wrap lg:h-(--bar) lg:flex-nowrap items-center justify-center gap-x-3 gap-y-1 border-warning/30 border-b bg-warning-soft px-4 py-1.5 text-sm text-warning"
        >
          <WifiOff className="size-4 shrink-0" aria-hidden />
          <p>
            <strong className="font-medium">
              {t('common.connection.away', { when: format.momentOfDay(new Date(since).toISOString()) })}
            </strong>{' '}
            {t('common.connection.detail')}
          </p>
          <Button size="sm" onClick={() => void probe()}>
            {t('common.connection.tryNow')}
          </Button>
        </div>
      )}
    </section>
  );
}

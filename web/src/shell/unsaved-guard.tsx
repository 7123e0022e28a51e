import { useBlocker } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { hasUnsaved, mayLeave, onAskToLeave } from '@/lib/unsaved';

/** Asks before a page is left on which something is typed and not saved; closing the tab, the browser asks in its own words. */
export function UnsavedGuard() {
  const { t } = useTranslation();
  const [answer, setAnswer] = useState<((leave: boolean) => void) | null>(null);
  useEffect(() => onAskToLeave(() => new Promise((resolve) => setAnswer(() => resolve))), []);
  useBlocker({
    // A dialog or a filter in the address is still this page, unless the person goes back.
    shouldBlockFn: async ({ current, next, action }) =>
      (current.pathname !== next.pathname || !['PUSH', 'REPLACE'].includes(action)) && !(await mayLeave()),
    enableBeforeUnload: hasUnsaved,
  });
  const decide = (leave: boolean) => {
    answer?.(leave);
    setAnswer(null);
  };
  return (
    <Dialog
      open={answer !== null}
      onOpenChange={() => decide(false)}
      title={t('common.unsaved.title')}
      role="alertdialog"
      className="max-w-md"
    >
      <DialogBody className="text-muted text-sm">{t('common.unsaved.detail')}</DialogBody>
      <DialogFooter>
        <Button onClick={() => decide(false)}>{t('common.unsaved.stay')}</Button>
        <Button variant="danger" onClick={() => decide(true)}>
          {t('common.unsaved.leave')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

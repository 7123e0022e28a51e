import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '@/components/copy-button';
import { Button } from '@/components/ui/button';
import { DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Checkbox, Input } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';
import { SnippetTabs } from './snippet-tabs';

/** The secret, once. Null when the server's answer was a replay: it never shows a secret twice. */
export function KeySecret({ secret, onDone }: { secret: string | null; onDone: () => void }) {
  const { t } = useTranslation();
  const [stored, setStored] = useState(false);
  return (
    <>
      <DialogBody className="grid grid-cols-1 gap-4">
        {secret ? (
          <>
            <Notice tone="warning" title={t('apiKeys.onlyOnce')}>
              {t('apiKeys.onlyOnceDetail')}
            </Notice>
            <div className="flex items-center gap-2">
              <Input
                readOnly
                aria-label={t('apiKeys.secret')}
                value={secret}
                onFocus={(event) => event.target.select()}
                className="font-mono text-xs"
              />
              <CopyButton value={secret} label={t('apiKeys.copySecret')} />
            </div>
            <div>
              <h3 className="mb-2 font-medium text-[13px]">{t('apiKeys.snippets')}</h3>
              <SnippetTabs secret={secret} />
            </div>
            <Checkbox
              label={t('apiKeys.stored')}
              checked={stored}
              onChange={(event) => setStored(event.target.checked)}
            />
          </>
        ) : (
          <Notice tone="warning" title={t('apiKeys.alreadyShown')}>
            {t('apiKeys.alreadyShownDetail')}
          </Notice>
        )}
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" disabled={secret !== null && !stored} onClick={onDone}>
          {t('common.doneButton')}
        </Button>
      </DialogFooter>
    </>
  );
}

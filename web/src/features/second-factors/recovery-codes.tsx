import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '@/components/copy-button';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Checkbox } from '@/components/ui/field';
import { Notice } from '@/components/ui/notice';

/** The codes, once: nobody leaves before saying that they are stored. */
export function RecoveryCodesDialog({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const [stored, setStored] = useState(false);
  const text = codes.join('\n');
  return (
    <Dialog open onOpenChange={() => {}} dismissible={false} title={t('secondFactors.codes.title')}>
      <DialogBody className="grid grid-cols-1 gap-4">
        <Notice tone="warning" title={t('secondFactors.codes.onlyOnce')}>
          {t('secondFactors.codes.detail')}
        </Notice>
        <ul
          aria-label={t('secondFactors.codes.title')}
          className="grid grid-cols-2 gap-x-6 gap-y-1 rounded-lg bg-sunken px-4 py-3 text-center font-mono text-sm"
        >
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2">
          <CopyButton value={text} label={t('secondFactors.codes.copy')} />
          <Button size="sm" asChild>
            <a
              href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
              download="inventiv-recovery-codes.txt"
            >
              <Download aria-hidden />
              {t('secondFactors.codes.download')}
            </a>
          </Button>
        </div>
        <Checkbox
          label={t('secondFactors.codes.stored')}
          checked={stored}
          onChange={(event) => setStored(event.target.checked)}
        />
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" disabled={!stored} onClick={onDone}>
          {t('common.doneButton')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CreatedApiKey } from '@/api/shapes';
import { Dialog } from '@/components/ui/dialog';
import { KeySecret } from './key-secret';

type NewKeyDialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: string;
  /** The first step, which ends with a key. */
  children: (step: { onMade: (key: CreatedApiKey) => void; onCancel: () => void }) => ReactNode;
};

/** Two steps: what the key shall be, then its secret, which the server shows once and which can't be left by accident. */
export function NewKeyDialog({ open, onOpenChange, title, description, children }: NewKeyDialogProps) {
  const { t } = useTranslation();
  const [made, setMade] = useState<CreatedApiKey | null>(null);
  const secret = made?.key ?? null;

  const change = (next: boolean) => {
    onOpenChange(next);
    if (!next) setMade(null);
  };

  return (
    <Dialog
      open={open}
      onOpenChange={change}
      dismissible={!secret}
      title={made ? t('apiKeys.createdTitle', { name: made.name }) : title}
      description={made ? undefined : description}
      className={made ? 'max-w-2xl' : undefined}
    >
      {made ? (
        <KeySecret secret={secret} onDone={() => change(false)} />
      ) : (
        children({ onMade: setMade, onCancel: () => change(false) })
      )}
    </Dialog>
  );
}

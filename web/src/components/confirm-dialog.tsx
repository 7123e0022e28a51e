import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from './problem-notice';
import { Button } from './ui/button';
import { Dialog, DialogBody, DialogFooter } from './ui/dialog';
import { Input } from './ui/field';

type ConfirmDialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Names the thing: "Revoke “CI key”?" */
  title: string;
  confirmLabel: string;
  /** When given, this text must be typed first. */
  typeToConfirm?: string;
  onConfirm: () => Promise<unknown>;
  /** What helps when the act is refused. */
  wayOut?: (error: unknown) => ReactNode;
  children: ReactNode;
};

/** Asks before something that can't be undone. Stays open with the reason when the act fails. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { t } = useTranslation();
  const field = useId();
  const [typed, setTyped] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const ready = !props.typeToConfirm || typed.trim() === props.typeToConfirm;

  const confirm = async () => {
    setPending(true);
    setError(null);
    try {
      await props.onConfirm();
      props.onOpenChange(false);
    } catch (failure) {
      setError(failure);
    } finally {
      setPending(false);
    }
  };

  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={props.title}
      role="alertdialog"
      className="max-w-md"
    >
      <DialogBody className="grid gap-3 text-sm">
        <div className="text-muted">{props.children}</div>
        {props.typeToConfirm && (
          <div className="grid gap-1.5">
            <label htmlFor={field}>{t('common.typeToConfirm', { text: props.typeToConfirm })}</label>
            <Input id={field} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          </div>
        )}
        {error !== null && <ProblemNotice error={error}>{props.wayOut?.(error)}</ProblemNotice>}
      </DialogBody>
      <DialogFooter>
        <Button onClick={() => props.onOpenChange(false)}>{t('common.cancel')}</Button>
        <Button variant="danger" disabled={!ready} pending={pending} onClick={confirm}>
          {props.confirmLabel}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

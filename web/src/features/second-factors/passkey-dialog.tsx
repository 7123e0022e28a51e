import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';
import { browserName } from '@/lib/browser-name';
import { describeFieldProblem } from '@/lib/problem-words';
import { createPasskey } from '@/lib/webauthn';

type PasskeyDialogProps = {
  /** With the recovery codes, when it is the account's first factor. */
  onAdded: (codes: string[] | null) => void;
  onClose: () => void;
};

/** A name to recognise it by, then the browser asks. */
export function PasskeyDialog({ onAdded, onClose }: PasskeyDialogProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(() => browserName(navigator.userAgent) ?? '');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    setPending(true);
    setError(null);
    try {
      const { ceremony_id, options } = await body(api.POST('/auth/me/passkeys/start'));
      const credential = await createPasskey(options);
      const added = await body(api.POST('/auth/me/passkeys', { body: { ceremony_id, name, credential } }));
      onAdded(added.recovery_codes ?? null);
    } catch (failure) {
      setError(failure);
      setPending(false);
    }
  };

  const complaint = asProblem(error).errors?.find(({ field }) => field === 'name');
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('secondFactors.passkey.title')}
      description={t('secondFactors.passkey.detail')}
      className="max-w-md"
    >
      <form onSubmit={add} noValidate className="flex min-h-0 flex-1 flex-col">
        <DialogBody className="grid gap-4">
          {error !== null && !complaint && <ProblemNotice error={error} />}
          <Field
            label={t('secondFactors.passkey.name')}
            hint={t('secondFactors.passkey.nameHint')}
            error={complaint && describeFieldProblem(t, complaint)}
          >
            <Input value={name} autoComplete="off" onChange={(event) => setName(event.target.value)} />
          </Field>
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" variant="primary" pending={pending} disabled={!name.trim()}>
            {t('secondFactors.passkey.add')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

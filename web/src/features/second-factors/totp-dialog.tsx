import { QRCodeSVG } from 'qrcode.react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import { CopyButton } from '@/components/copy-button';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { describeFieldProblem } from '@/lib/problem-words';
import { CodeField } from './code-field';

export type TotpSecret = { secret: string; otpauth_uri: string };

type TotpDialogProps = {
  totp: TotpSecret;
  /** With the recovery codes, when it is the account's first factor. */
  onAdded: (codes: string[] | null) => void;
  onClose: () => void;
};

/** Scan, then prove that the app has it. The secret is on this screen only. */
export function TotpDialog({ totp, onAdded, onClose }: TotpDialogProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    if (!code) return;
    setPending(true);
    setError(null);
    try {
      const { recovery_codes } = await body(api.POST('/auth/me/totp/confirm', { body: { code } }));
      onAdded(recovery_codes ?? null);
    } catch (failure) {
      setError(failure);
      setCode('');
      setPending(false);
    }
  };

  const complaint = asProblem(error).errors?.find(({ field }) => field === 'code');
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('secondFactors.totp.title')}
      description={t('secondFactors.totp.scan')}
      className="max-w-md"
    >
      <form onSubmit={confirm} noValidate className="flex min-h-0 flex-1 flex-col">
        <DialogBody className="grid grid-cols-1 gap-4">
          {error !== null && !complaint && <ProblemNotice error={error} />}
          {/* Cameras want dark on light, whatever the theme. */}
          <div className="justify-self-center rounded-xl bg-white p-3">
            <QRCodeSVG value={totp.otpauth_uri} size={184} title={t('secondFactors.totp.qr')} />
          </div>
          <div className="grid gap-1.5">
            <p className="text-[13px] text-muted">{t('secondFactors.totp.orType')}</p>
            <div className="flex flex-wrap items-center gap-2">
              <code className="break-all text-[13px]">{totp.secret.match(/.{1,4}/g)?.join(' ')}</code>
              <CopyButton value={totp.secret} label={t('secondFactors.totp.copy')} iconOnly />
            </div>
          </div>
          <CodeField value={code} onChange={setCode} error={complaint && describeFieldProblem(t, complaint)} />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" variant="primary" pending={pending} disabled={!code && !pending}>
            {t('secondFactors.totp.confirm')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { KeyRound, LifeBuoy, Smartphone } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import type { Passkey, SecondFactors } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Loaded } from '@/components/loaded';
import { ProblemNotice } from '@/components/problem-notice';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Notice } from '@/components/ui/notice';
import { Skeleton } from '@/components/ui/skeleton';
import { useFormat } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { supportsPasskeys } from '@/lib/webauthn';
import type { FactorDialog } from './dialogs';
import { PasskeyDialog } from './passkey-dialog';
import { secondFactorsQuery } from './queries';
import { RecoveryCodesDialog } from './recovery-codes';
import { TotpDialog } from './totp-dialog';

/** What lies over the card and has no address: it belongs to a row, or shows a secret that was just made. */
type Open =
  | { kind: 'remove_totp' | 'renew' }
  | { kind: 'remove_passkey'; passkey: Passkey }
  | { kind: 'codes'; codes: string[] };

type SecondFactorsCardProps = { dialog: FactorDialog; onDialog: (dialog: FactorDialog) => void };

export function SecondFactorsCard({ dialog, onDialog }: SecondFactorsCardProps) {
  const { t } = useTranslation();
  const query = useQuery(secondFactorsQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const startTotp = useMutation({
    mutationFn: () => body(api.POST('/auth/me/totp')),
    onError: () => onDialog(undefined),
  });
  const { isIdle, isSuccess, mutate, reset } = startTotp;
  const wantsTotp = dialog === 'totp' && query.data !== undefined && !query.data.totp;
  // By the button or by the address, the secret is made when the dialog is wanted, and forgotten with it.
  useEffect(() => {
    if (wantsTotp && isIdle) mutate();
    if (dialog !== 'totp' && isSuccess) reset();
  }, [wantsTotp, dialog, isIdle, isSuccess, mutate, reset]);
  const closeDialog = () => onDialog(undefined);
  const added = useAdded((codes) => {
    closeDialog();
    setOpen(codes ? { kind: 'codes', codes } : null);
  });
  return (
    <Card title={t('secondFactors.title')} description={t('secondFactors.detail')}>
      <Loaded query={query} skeleton={<Skeleton className="h-40" />}>
        {(factors) => (
          <div className="divide-y divide-border">
            <TotpRow
              factors={factors}
              pending={startTotp.isPending}
              onAdd={() => {
                reset();
                onDialog('totp');
              }}
              onRemove={() => setOpen({ kind: 'remove_totp' })}
            />
            {startTotp.isError && <ProblemNotice error={startTotp.error} className="my-2" />}
            <PasskeyRows
              factors={factors}
              onAdd={() => onDialog('passkey')}
              onRemove={(passkey) => setOpen({ kind: 'remove_passkey', passkey })}
            />
            <RecoveryRow factors={factors} onRenew={() => setOpen({ kind: 'renew' })} />
          </div>
        )}
      </Loaded>
      {open && <Opened open={open} onOpen={setOpen} />}
      {wantsTotp && !open && startTotp.data && (
        <TotpDialog totp={startTotp.data} onAdded={added} onClose={closeDialog} />
      )}
      {dialog === 'passkey' && !open && query.data && passkeysUnavailable(query.data) === null && (
        <PasskeyDialog onAdded={added} onClose={closeDialog} />
      )}
    </Card>
  );
}

/** What happens once a factor was added, after `show` was given the codes that may have come with it. */
function useAdded(show: (codes: string[] | null) => void) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return async (codes: string[] | null) => {
    show(codes);
    toast({ title: t('secondFactors.added') });
    await queries.invalidateQueries({ queryKey: secondFactorsQuery.queryKey });
  };
}

/** Why this account can't have passkeys in this browser; null when it can. */
function passkeysUnavailable(factors: SecondFactors): string | null {
  return factors.passkeys_unavailable ?? (supportsPasskeys() ? null : 'browser');
}

type RowProps = { icon: ReactNode; title: ReactNode; detail: string; action?: ReactNode; children?: ReactNode };

function Row({ icon, title, detail, action, children }: RowProps) {
  return (
    <div className="py-4 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-3">
        {icon}
        <div className="min-w-0 flex-1 basis-48">
          <h3 className="flex flex-wrap items-center gap-2 font-medium text-sm">{title}</h3>
          <p className="text-[13px] text-muted">{detail}</p>
        </div>
        {action}
      </div>
      {children}
    </div>
  );
}

const iconStyle = 'size-5 shrink-0 text-muted';

type TotpRowProps = { factors: SecondFactors; pending: boolean; onAdd: () => void; onRemove: () => void };

function TotpRow({ factors: { totp }, pending, onAdd, onRemove }: TotpRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Row
      icon={<Smartphone className={iconStyle} aria-hidden />}
      title={
        <>
          {t('secondFactors.totp.name')}
          {totp && <Badge tone="success">{t('secondFactors.on')}</Badge>}
        </>
      }
      detail={totp ? t('secondFactors.since', { when: format.date(totp.created_at) }) : t('secondFactors.totp.detail')}
      action={
        totp ? (
          <Button size="sm" variant="dangerOutline" onClick={onRemove}>
            {t('secondFactors.totp.remove')}
          </Button>
        ) : (
          <Button size="sm" pending={pending} onClick={onAdd}>
            {t('secondFactors.totp.add')}
          </Button>
        )
      }
    />
  );
}

type PasskeyRowsProps = { factors: SecondFactors; onAdd: () => void; onRemove: (passkey: Passkey) => void };

function PasskeyRows({ factors, onAdd, onRemove }: PasskeyRowsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const unavailable = passkeysUnavailable(factors);
  return (
    <Row
      icon={<KeyRound className={iconStyle} aria-hidden />}
      title={
        <>
          {t('secondFactors.passkey.heading')}
          {factors.passkeys.length > 0 && <Badge tone="success">{factors.passkeys.length}</Badge>}
        </>
      }
      detail={t('secondFactors.passkey.what')}
      action={
        !unavailable && (
          <Button size="sm" onClick={onAdd}>
            {t('secondFactors.passkey.add')}
          </Button>
        )
      }
    >
      {unavailable && (
        <Notice tone="info" title={t('secondFactors.passkey.unavailable')} className="mt-3">
          {unavailableWords(t, unavailable)}
        </Notice>
      )}
      {factors.passkeys.length > 0 && (
        <ul aria-label={t('secondFactors.passkey.heading')} className="mt-3 grid gap-2 pl-8">
          {factors.passkeys.map((passkey) => (
            <li key={passkey.id} className="flex flex-wrap items-center gap-3">
              <div className="min-w-0 flex-1 basis-40">
                <p className="break-words text-sm">{passkey.name}</p>
                <p className="text-[13px] text-muted">
                  {[
                    passkey.host,
                    t('secondFactors.since', { when: format.date(passkey.created_at) }),
                    passkey.last_used_at
                      ? t('account.lastUsed', { when: format.ago(passkey.last_used_at) })
                      : t('secondFactors.neverUsed'),
                  ].join(' · ')}
                </p>
              </div>
              <Button
                size="sm"
                variant="ghost"
                aria-label={t('secondFactors.passkey.removeNamed', { name: passkey.name })}
                onClick={() => onRemove(passkey)}
              >
                {t('secondFactors.remove')}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Row>
  );
}

function unavailableWords(t: TFunction, reason: string): string {
  if (reason === 'passkeys_need_host_name') return t('problems.code.passkeys_need_host_name.detail');
  if (reason === 'passkeys_need_https') return t('problems.code.passkeys_need_https.detail');
  return t('secondFactors.passkey.noBrowser');
}

function RecoveryRow({ factors, onRenew }: { factors: SecondFactors; onRenew: () => void }) {
  const { t } = useTranslation();
  const has = factors.totp != null || factors.passkeys.length > 0;
  if (!has) return null;
  const left = factors.recovery_codes_left;
  return (
    <Row
      icon={<LifeBuoy className={iconStyle} aria-hidden />}
      title={
        <>
          {t('secondFactors.codes.title')}
          <Badge tone={left > 2 ? 'success' : 'warning'}>{t('secondFactors.codes.left', { count: left })}</Badge>
        </>
      }
      detail={t('secondFactors.codes.what')}
      action={
        <Button size="sm" onClick={onRenew}>
          {t('secondFactors.codes.renew')}
        </Button>
      }
    />
  );
}

function Opened({ open, onOpen }: { open: Open; onOpen: (open: Open | null) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const close = () => onOpen(null);
  const refresh = () => queries.invalidateQueries({ queryKey: secondFactorsQuery.queryKey });
  const removed = async () => {
    await refresh();
    toast({ title: t('secondFactors.removed') });
  };
  switch (open.kind) {
    case 'codes':
      return <RecoveryCodesDialog codes={open.codes} onDone={close} />;
    case 'remove_totp':
      return (
        <ConfirmDialog
          open
          onOpenChange={close}
          title={t('secondFactors.totp.removeTitle')}
          confirmLabel={t('secondFactors.totp.remove')}
          onConfirm={async () => {
            await api.DELETE('/auth/me/totp');
            await removed();
          }}
        >
          {t('secondFactors.removeDetail')}
        </ConfirmDialog>
      );
    case 'remove_passkey':
      return (
        <ConfirmDialog
          open
          onOpenChange={close}
          title={t('secondFactors.passkey.removeTitle', { name: open.passkey.name })}
          confirmLabel={t('secondFactors.passkey.removeConfirm')}
          onConfirm={async () => {
            await api.DELETE('/auth/me/passkeys/{id}', { params: { path: { id: open.passkey.id } } });
            await removed();
          }}
        >
          {t('secondFactors.removeDetail')}
        </ConfirmDialog>
      );
    case 'renew':
      return <RenewDialog onCodes={(codes) => onOpen({ kind: 'codes', codes })} onClose={close} />;
  }
}

function RenewDialog({ onCodes, onClose }: { onCodes: (codes: string[]) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  // The dialog closes itself when it is done; the codes are on screen by then and must stay.
  const made = useRef(false);
  return (
    <ConfirmDialog
      open
      onOpenChange={() => made.current || onClose()}
      title={t('secondFactors.codes.renewTitle')}
      confirmLabel={t('secondFactors.codes.renew')}
      onConfirm={async () => {
        const { recovery_codes } = await body(api.POST('/auth/me/recovery-codes'));
        made.current = true;
        onCodes(recovery_codes);
        await queries.invalidateQueries({ queryKey: secondFactorsQuery.queryKey });
      }}
    >
      {t('secondFactors.codes.renewDetail')}
    </ConfirmDialog>
  );
}

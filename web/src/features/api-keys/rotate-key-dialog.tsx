import { useQueryClient } from '@tanstack/react-query';
import { type ComponentProps, type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { randomId } from '@/api/identifier';
import type { ApiKey, CreatedApiKey } from '@/api/shapes';
import { ProblemNotice } from '@/components/problem-notice';
import { Button } from '@/components/ui/button';
import { DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Select } from '@/components/ui/field';
import { useFormat } from '@/lib/format';
import { NewKeyDialog } from './new-key-dialog';

/** Seconds during which both keys work. */
const overlaps = ['0', '3600', '86400', '604800', '2592000'] as const;
type Overlap = (typeof overlaps)[number];

/** A new key takes the place of one, which goes on for a while so that nobody has to be quick. */
export function RotateKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <NewKeyDialog
      open
      onOpenChange={onClose}
      title={t('apiKeys.rotateTitle', { name: apiKey.name })}
      description={t('apiKeys.rotateDetail')}
    >
      {({ onMade, onCancel }) => <RotateForm apiKey={apiKey} onRotated={onMade} onCancel={onCancel} />}
    </NewKeyDialog>
  );
}

type RotateFormProps = { apiKey: ApiKey; onRotated: (key: CreatedApiKey) => void; onCancel: () => void };

function RotateForm({ apiKey, onRotated, onCancel }: RotateFormProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState<Overlap>('86400');
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const idempotencyKey = useRef(randomId());

  const rotate = async (event: FormEvent) => {
    event.preventDefault();
    if (pending) return;
    setPending(true);
    setError(null);
    try {
      const key = await body(
        api.POST('/api_keys/{id}/rotate', {
          params: { path: { id: apiKey.id } },
          body: { overlap_seconds: Number(overlap) },
          headers: { 'Idempotency-Key': idempotencyKey.current },
        }),
      );
      await queries.invalidateQueries({ queryKey: ['api_keys'] });
      onRotated(key);
    } catch (failure) {
      idempotencyKey.current = randomId();
      setError(failure);
    } finally {
      setPending(false);
    }
  };

  const anyway = apiKey.expires_at
    ? t('apiKeys.overlapAtMost', { when: format.dateTime(apiKey.expires_at) })
    : undefined;
  return (
    <form onSubmit={rotate} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="grid gap-4">
        {error !== null && <ProblemNotice error={error} />}
        <Field label={t('apiKeys.overlap')} hint={anyway}>
          <OverlapSelect
            value={overlap}
            onChange={({ target }) => setOverlap(overlaps.find((seconds) => seconds === target.value) ?? '86400')}
          />
        </Field>
      </DialogBody>
      <DialogFooter>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" pending={pending}>
          {t('apiKeys.rotateConfirm')}
        </Button>
      </DialogFooter>
    </form>
  );
}

/** The field passes its id to whatever control it holds. */
function OverlapSelect(props: ComponentProps<'select'>) {
  const { t } = useTranslation();
  return (
    <Select {...props}>
      {overlaps.map((seconds) => (
        <option key={seconds} value={seconds}>
          {t(`apiKeys.overlaps.${seconds}`)}
        </option>
      ))}
    </Select>
  );
}

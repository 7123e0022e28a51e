import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import type { DeletionPreview } from '@/api/shapes';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Loaded } from '@/components/loaded';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { Notice } from '@/components/ui/notice';
import { Skeleton } from '@/components/ui/skeleton';
import { statusLabel } from '@/features/instances/status';
import { adoptSession } from '@/features/session/session';
import { shortId } from '@/lib/short-id';
import { toast } from '@/lib/toasts';
import { deletionPreviewQuery } from './queries';

/** The end of the organization: what would end with it and what stands in the way, then a question that names it. */
export function DeleteOrganizationCard() {
  const { t } = useTranslation();
  const query = useQuery(deletionPreviewQuery);
  const [asking, setAsking] = useState(false);
  return (
    <Card title={t('organizations.delete')} description={t('organizations.deleteDetail')}>
      <Loaded query={query} skeleton={<Skeleton className="h-24" />}>
        {(preview) => (
          <div className="grid gap-4">
            <Consequences preview={preview} />
            {!preview.can_be_deleted && <Blockers preview={preview} />}
            <div>
              <Button variant="dangerOutline" disabled={!preview.can_be_deleted} onClick={() => setAsking(true)}>
                {t('organizations.deleteOpen')}
              </Button>
            </div>
            {asking && <DeleteDialog preview={preview} onClose={() => setAsking(false)} />}
          </div>
        )}
      </Loaded>
    </Card>
  );
}

function Consequences({ preview }: { preview: DeletionPreview }) {
  const { t } = useTranslation();
  return (
    <ul className="grid list-disc gap-1 pl-5 text-sm">
      <li>{t('organizations.ending.members', { count: preview.members })}</li>
      {preview.sessions > 0 && <li>{t('organizations.ending.sessions', { count: preview.sessions })}</li>}
      {preview.api_keys > 0 && <li>{t('organizations.ending.keys', { count: preview.api_keys })}</li>}
      {preview.invitations > 0 && <li>{t('organizations.ending.invitations', { count: preview.invitations })}</li>}
      <li>{t('organizations.ending.kept', { slug: preview.slug })}</li>
    </ul>
  );
}

function Blockers({ preview }: { preview: DeletionPreview }) {
  const { t } = useTranslation();
  return (
    <Notice tone="warning" title={t('organizations.blocked', { count: preview.blocking_instances_count })}>
      <p>{t('organizations.blockedDetail')}</p>
      <ul className="mt-1">
        {preview.blocking_instances.map((instance) => (
          <li key={instance.id}>
            <Link
              to="/instances/$instanceId"
              params={{ instanceId: instance.id }}
              className="underline underline-offset-4"
            >
              {instance.instance_type_code} · {instance.zone_code} · {shortId(instance.id)}
            </Link>{' '}
            ({statusLabel(t, instance.status)})
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function DeleteDialog({ preview, onClose }: { preview: DeletionPreview; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const router = useRouter();

  const remove = async () => {
    const me = await body(api.DELETE('/organizations/current', { body: { slug: preview.slug } }));
    toast({ title: t('organizations.deleted', { name: preview.name }) });
    await adoptSession(queries, me);
    await router.navigate({ to: '/' });
  };

  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t('organizations.deleteTitle', { name: preview.name })}
      confirmLabel={t('organizations.deleteConfirm')}
      typeToConfirm={preview.slug}
      onConfirm={remove}
    >
      <Consequences preview={preview} />
    </ConfirmDialog>
  );
}

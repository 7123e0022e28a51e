import { Ellipsis, Euro, Pencil, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Model } from '@/api/shapes';
import { Button } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import { useBelongsHere, useCan } from '@/features/session/session';
import { DeleteModelDialog } from './delete-model-dialog';
import { EditModelDialog } from './edit-model-dialog';
import { PriceDialog } from './price-dialog';
import type { ModelDialog } from './search';

type ModelActsProps = { model: Model; dialog: ModelDialog; onDialog: (dialog: ModelDialog) => void };

/** What may be done to a model besides activating it, by whoever may; nothing for the others. */
export function ModelActs({ model, dialog, onDialog }: ModelActsProps) {
  const { t } = useTranslation();
  const belongsHere = useBelongsHere(model);
  const canEdit = useCan('model.update') && belongsHere;
  const canPrice = useCan('model.price') && belongsHere;
  const canDelete = useCan('model.delete') && belongsHere;
  if (!canEdit && !canPrice && !canDelete) return null;
  const close = () => onDialog(undefined);
  return (
    <>
      <Menu
        trigger={
          <Button variant="ghost" size="icon" aria-label={t('models.actions', { name: model.name })}>
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        {canEdit && (
          <MenuItem onSelect={() => onDialog('edit')}>
            <Pencil aria-hidden />
            {t('models.edit')}
          </MenuItem>
        )}
        {canPrice && (
          <MenuItem onSelect={() => onDialog('price')}>
            <Euro aria-hidden />
            {t('models.setPrice')}
          </MenuItem>
        )}
        {canDelete && (
          <MenuItem onSelect={() => onDialog('delete')}>
            <Trash2 aria-hidden />
            {t('models.delete')}
          </MenuItem>
        )}
      </Menu>
      {dialog === 'edit' && canEdit && <EditModelDialog model={model} onClose={close} />}
      {dialog === 'price' && canPrice && <PriceDialog model={model} onClose={close} />}
      {dialog === 'delete' && canDelete && <DeleteModelDialog model={model} onClose={close} />}
    </>
  );
}

import { useTranslation } from 'react-i18next';
import { Dialog } from '@/components/ui/dialog';
import { Sidebar } from './sidebar';

type MenuDialogProps = { open: boolean; onOpenChange: (open: boolean) => void; onSearch: () => void };

/** The sidebar on narrow screens. */
export function MenuDialog({ open, onOpenChange, onSearch }: MenuDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('common.menu')}
      hideHeader
      className="slide-in-from-left-4 top-0 left-0 h-dvh max-h-dvh w-72 translate-x-0 rounded-none border-y-0 border-l-0"
    >
      <Sidebar onSearch={onSearch} />
    </Dialog>
  );
}

import { useTranslation } from 'react-i18next';
import { Badge } from '@/components/ui/badge';
import { statusLabel, statusTone } from './status';

export function StatusBadge({ status }: { status: string }) {
  const { t } = useTranslation();
  return (
    <Badge tone={statusTone(status)} dot>
      {statusLabel(t, status)}
    </Badge>
  );
}

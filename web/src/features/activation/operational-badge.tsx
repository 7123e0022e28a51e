import { useTranslation } from 'react-i18next';
import { Badge } from '@/components/ui/badge';

type OperationalBadgeProps = { resource: { is_operational: boolean; missing_activations: readonly string[] } };

/** Whether a resource may serve traffic, and which activation is missing if it may not. */
export function OperationalBadge({ resource }: OperationalBadgeProps) {
  const { t } = useTranslation();
  if (resource.is_operational) return <Badge tone="success">{t('instances.activation.badge.operational')}</Badge>;
  const [first, second] = resource.missing_activations;
  const which = second ? 'both' : first === 'eco' ? 'eco' : 'tech';
  return <Badge tone="warning">{t(`instances.activation.badge.${which}`)}</Badge>;
}

import { useQuery } from '@tanstack/react-query';
import { useMe } from '@/features/session/session';
import { isHexColor } from '@/lib/contrast';
import { organizationsQuery } from './queries';

declare module 'react' {
  interface CSSProperties {
    /** The organization's colour. React sets it through the CSSOM, which the style policy allows. */
    '--org'?: string;
    '--on-org'?: string;
  }
}

/** `#rrggbb` of the current organization; undefined in Personal. */
export function useWorkspaceColor(): string | undefined {
  const me = useMe();
  const organizations = useQuery(organizationsQuery);
  const color = organizations.data?.items.find(({ id }) => id === me.current_organization_id)?.color;
  return isHexColor(color) ? color : undefined;
}

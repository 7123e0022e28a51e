import { useMe } from '@/features/session/session';
import { isHexColor } from '@/lib/contrast';

declare module 'react' {
  interface CSSProperties {
    /** The organization's colour. React sets it through the CSSOM, which the style policy allows. */
    '--org'?: string;
    '--on-org'?: string;
  }
}

/** `#rrggbb` of the current organization; undefined in Personal. */
export function useWorkspaceColor(): string | undefined {
  const color = useMe().current_organization_color;
  return isHexColor(color) ? color : undefined;
}

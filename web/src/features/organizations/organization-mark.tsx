import { UserRound } from 'lucide-react';
import { cn } from '@/lib/class-names';
import { isHexColor, textOn } from '@/lib/contrast';

type OrganizationMarkProps = { name: string; color?: string | null; personal?: boolean; small?: boolean };

/** A square in the organization's colour with its initial; decoration next to the name. */
export function OrganizationMark({ name, color, personal, small }: OrganizationMarkProps) {
  const painted = isHexColor(color);
  return (
    <span
      aria-hidden
      style={painted ? { '--org': color, '--on-org': textOn(color) } : undefined}
      className={cn(
        'grid shrink-0 place-items-center font-semibold uppercase',
        small ? 'size-5 rounded-md text-[11px]' : 'size-8 rounded-lg text-sm',
        painted ? 'bg-(--org) text-(--on-org)' : 'bg-foreground/10 text-foreground',
      )}
    >
      {personal ? <UserRound className="size-4" /> : name.slice(0, 1)}
    </span>
  );
}

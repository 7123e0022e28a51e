import { cn } from '@/lib/class-names';

/** A grey block in the shape of what is coming. Purely visual; `Loaded` says "loading" to assistive technology. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn('animate-pulse rounded-lg bg-accent', className)} />;
}

export function TableSkeleton({ rows = 5 }: { rows?: number }) {
  return (
    <div className="grid gap-3 p-5">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the blocks are identical and never move
        <Skeleton key={index} className="h-7" />
      ))}
    </div>
  );
}

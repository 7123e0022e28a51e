import { cn } from '@/lib/class-names';

/** A native progress bar: exposed with its value, and drawable without inline styles. */
export function Progress({ label, percent, className }: { label: string; percent: number; className?: string }) {
  return (
    <progress
      aria-label={label}
      max={100}
      value={percent}
      className={cn(
        'block h-1.5 w-full appearance-none overflow-hidden rounded-full [&::-moz-progress-bar]:bg-primary [&::-webkit-progress-bar]:bg-accent [&::-webkit-progress-value]:rounded-full [&::-webkit-progress-value]:bg-primary [&::-webkit-progress-value]:transition-[width] [&::-webkit-progress-value]:duration-700',
        className,
      )}
    />
  );
}

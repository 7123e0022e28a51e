import { Search } from 'lucide-react';

/** Filters what is on the screen, as the person types. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <div className="relative min-w-40 flex-1 sm:max-w-xs">
      <Search className="-translate-y-1/2 absolute top-1/2 left-3 size-4 text-muted" aria-hidden />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="h-9 w-full rounded-lg border border-input/60 bg-surface pr-3 pl-9 text-sm shadow-xs placeholder:text-muted hover:border-input"
      />
    </div>
  );
}

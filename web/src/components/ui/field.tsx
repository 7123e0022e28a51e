import { type ComponentProps, cloneElement, type ReactElement, useId } from 'react';
import { cn } from '@/lib/class-names';

const control =
  'w-full rounded-lg border border-input/60 bg-surface px-3 text-sm text-foreground shadow-xs transition-colors placeholder:text-muted hover:border-input disabled:cursor-not-allowed disabled:opacity-60 aria-invalid:border-danger';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cn(control, 'h-9', className)} {...rest} />;
}

/** The browser's own list: it works by keyboard, on phones and under a strict style policy. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={cn(control, 'h-9 pr-8', className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cn(control, 'min-h-20 py-2', className)} {...rest} />;
}

type FieldProps = {
  label: string;
  hint?: string;
  error?: string;
  className?: string;
  children: ReactElement<ComponentProps<'input'>>;
};

/** A control with its label, its hint and its error, tied together for assistive technology. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className={cn('grid content-start gap-1.5', className)}>
      <label htmlFor={id} className="font-medium text-[13px]">
        {label}
      </label>
      {cloneElement(children, {
        id,
        'aria-invalid': error ? true : undefined,
        'aria-describedby': described || undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-[13px] text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-[13px] text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

/** A checkbox whose whole row is the label. */
export function Checkbox({
  label,
  hint,
  className,
  ...rest
}: ComponentProps<'input'> & { label: string; hint?: string }) {
  return (
    <label className={cn('flex items-start gap-2.5 text-sm', className)}>
      <input type="checkbox" className="mt-0.5 size-4 shrink-0 accent-primary" {...rest} />
      <span>
        <span className="font-medium">{label}</span>
        {hint && <span className="block text-[13px] text-muted">{hint}</span>}
      </span>
    </label>
  );
}
